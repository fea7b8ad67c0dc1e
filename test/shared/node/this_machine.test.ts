import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isLoopback, isThisMachine } from '../../../shared/node/this_machine.ts';

const loopbacks = ['localhost', 'LOCALHOST', 'run.localhost', 'localhost.', '127.0.0.1', '127.1.2.3', '::1', '[::1]'];
const others = ['', '0.0.0.0', '::', '128.0.0.1', '10.127.0.0', 'localhost.example', 'my-localhost', 'example.org'];

describe('this machine', () => {
  it.each([...loopbacks, '::ffff:127.0.0.1'])('reaches itself as %s', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(isThisMachine(host)).toBe(true);
  });

  it.each(others)('is not meant by %j', (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(isThisMachine(host)).toBe(false);
  });

  it('has the addresses of its interfaces, which others reach too', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address, internal, family } of own) {
      expect(isThisMachine(family === 'IPv6' ? `[${address}]` : address)).toBe(true);
      expect(isLoopback(address)).toBe(internal);
    }
    expect(own.length).toBeGreaterThan(0);
  });
});
