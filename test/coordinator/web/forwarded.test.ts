import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ForwardingHeaders,
  loopbackProxies,
  originOf,
  plainAddress,
  trustedProxies,
} from '../../../coordinator/web/forwarded.ts';

const client = '203.0.113.7';
const isTrusted = trustedProxies([...loopbackProxies, '10.0.0.0/8']);
const from = (headers: ForwardingHeaders, peer = '127.0.0.1') => originOf(peer, headers, isTrusted);

describe('proxies that are trusted', () => {
  it('are named by address or network', () => {
    const named = trustedProxies(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32']);
    const trusted = ['192.0.2.1', '::ffff:192.0.2.1', '10.255.0.1', '2001:db8:1::1'];
    const others = ['192.0.2.2', '11.0.0.1', '2001:db9::1', '127.0.0.1', 'unknown', ''];
    expect(trusted.filter(named)).toEqual(trusted);
    expect(others.filter(named)).toEqual([]);
  });

  it.each(['', 'proxy', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0.1 '])(
    'are not named by %j',
    (text) => {
      expect(() => trustedProxies([text])).toThrow(/^proxy ".*": expected an address like 10\.0\.0\.7, or a network/);
    },
  );
});

describe('a request', () => {
  it('that comes straight from its client is from there, whatever its headers say', () => {
    const headers = { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4;host=evil.example' };
    expect(from(headers, client)).toBeUndefined();
    expect(from({})).toBeUndefined();
    expect(from({ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' })).toBeUndefined();
  });

  it('through a proxy is from the client that the proxy names, as the client reached it', () => {
    const headers = {
      'x-forwarded-for': client,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'train.example.org',
    };
    expect(from(headers)).toEqual({ address: client, scheme: 'https', host: 'train.example.org' });
    expect(from(headers, '::ffff:127.0.0.1')).toEqual(from(headers));
    expect(from({ forwarded: `for=${client};proto=HTTPS;host="train.example.org:8443";by=10.0.0.1` })).toEqual({
      address: client,
      scheme: 'https',
      host: 'train.example.org:8443',
    });
  });

  it('through several proxies is from the last address that is not a trusted one', () => {
    const address = (text: string) => from({ 'x-forwarded-for': text })?.address;
    expect(address(`1.2.3.4, ${client}`)).toBe(client);
    expect(address(`1.2.3.4, ${client}, 10.0.0.5`)).toBe(client);
    expect(address(`1.2.3.4,${client},10.0.0.5,10.0.0.6`)).toBe(client);
    expect(address('10.0.0.5')).toBe('10.0.0.5');
    expect(from({ forwarded: `for=1.2.3.4, for=${client};proto=https, for=10.0.0.5;proto=http` })).toMatchObject({
      address: client,
      scheme: 'https',
    });
  });

  it('has the host and scheme of the proxy that named the client, where each adds its own', () => {
    const headers = {
      'x-forwarded-for': `1.2.3.4, ${client}, 10.0.0.5`,
      'x-forwarded-proto': 'ftp, https, http',
      'x-forwarded-host': 'evil.example, train.example.org, inner',
    };
    expect(from(headers)).toEqual({ address: client, scheme: 'https', host: 'train.example.org' });
  });

  it('has those of the one proxy that says any', () => {
    const headers = {
      'x-forwarded-for': `${client}, 10.0.0.5`,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'train.example.org',
    };
    expect(from(headers)).toEqual({ address: client, scheme: 'https', host: 'train.example.org' });
    expect(from({ 'x-forwarded-for': client })).toEqual({ address: client, scheme: undefined, host: undefined });
  });

  it.each(['unknown', '_hidden', 'nonsense', '', '1.2.3', '"'])(
    'whose proxy does not know its client (%j) is from the proxy',
    (text) => {
      expect(from({ 'x-forwarded-for': `1.2.3.4, ${text}` })?.address).toBe('127.0.0.1');
      expect(from({ forwarded: `for=1.2.3.4, for=${text}` })?.address).toBe('127.0.0.1');
    },
  );

  it('that has both kinds of headers is refused unless they agree: a client may have written one of them', () => {
    const spoofed = { 'x-forwarded-for': client, forwarded: 'for=1.2.3.4' };
    expect(() => from(spoofed)).toThrow(/name different clients/);
    expect(from({ 'x-forwarded-for': client, forwarded: `for=${client}` })?.address).toBe(client);
  });

  it('is never from an address that an untrusted client wrote, whatever else it writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.,;="\\[]: for') });
    fc.assert(
      fc.property(text, text, text, (written, host, scheme) => {
        const headers = {
          'x-forwarded-for': `${written}, ${client}`,
          'x-forwarded-host': `${host}, train.example.org`,
          'x-forwarded-proto': `${scheme}, https`,
        };
        expect(from(headers)).toEqual({ address: client, host: 'train.example.org', scheme: 'https' });
      }),
    );
  });

  it('is read in one pass, however it is quoted', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        from({ forwarded: text });
      }),
    );
    const quotes = '"\\'.repeat(8_000);
    expect(from({ forwarded: quotes })?.address).toBe('127.0.0.1');
  });
});

describe('an address in a header', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['example.org', undefined],
    ['192.0.2.1:', undefined],
    ['[192.0.2.1', undefined],
  ])('%s is %s', (text, expected) => {
    expect(plainAddress(text)).toBe(expected);
  });
});
