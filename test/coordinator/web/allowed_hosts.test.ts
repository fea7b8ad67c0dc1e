import { describe, expect, it } from 'vitest';
import { AllowedHosts, type AllowedHostsOptions } from '../../../coordinator/web/allowed_hosts.ts';

function allows(host: string, options: Partial<AllowedHostsOptions> = {}): boolean {
  const hosts = new AllowedHosts({ host: '127.0.0.1', now: () => 0, ownNames: () => [], ...options });
  try {
    hosts.require(host);
    return true;
  } catch {
    return false;
  }
}

describe('the hosts that a server answers to', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:8080'])(
    'are those that mean this machine to itself, like %s',
    (host) => expect(allows(host)).toBe(true),
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '[::2]'])(
    'are not those of others, like %s',
    (host) => expect(allows(host, { host: '192.168.1.5' })).toBe(false),
  );

  it('are the address that it listens on, and names that its operator gives', () => {
    expect(allows('192.168.1.5:80', { host: '192.168.1.5' })).toBe(true);
    expect(allows('[fd00::1]:80', { host: 'fd00::1' })).toBe(true);
    expect(allows('swarm.example', { allowed: ['Swarm.Example'] })).toBe(true);
  });

  it.each(['0.0.0.0', '::'])('are all names and addresses of the machine, if it listens on %s', (host) => {
    const ownNames = () => ['laptop', 'laptop.local', '10.0.0.7', 'fe80::7'];
    for (const name of ['laptop', 'laptop.local:80', '10.0.0.7:80', '[fe80::7]:80']) {
      expect(allows(name, { host, ownNames })).toBe(true);
      expect(allows(name, { ownNames })).toBe(false);
    }
  });

  it('change with the network, but are looked up at most once a second', () => {
    let time = 0;
    let address = '10.0.0.7';
    let lookups = 0;
    const ownNames = () => {
      lookups += 1;
      return [address];
    };
    const hosts = new AllowedHosts({ host: '0.0.0.0', now: () => time, ownNames });
    hosts.require('10.0.0.7');
    address = '10.1.1.1';
    for (let times = 0; times < 100; times++)
      expect(() => hosts.require('10.1.1.1')).toThrow(/--allow-host 10\.1\.1\.1/);
    expect(lookups).toBe(1);
    time = 1_000;
    hosts.require('10.1.1.1');
  });
});
