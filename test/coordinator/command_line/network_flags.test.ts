import { describe, expect, it } from 'vitest';
import { listenOptions, tokenExposure } from '../../../coordinator/command_line/network_flags.ts';

const token = 'a-secret-of-24-characters';
const flags = { host: '0.0.0.0', port: 8080, allowHost: [], ownShare: true, set: [], limits: {} };

describe('how a coordinator is reached', () => {
  it('is without TLS and without trust in proxies, unless it is said', () => {
    expect(listenOptions(flags)).toMatchObject({ host: '0.0.0.0', port: 8080, trustedProxies: [] });
    expect(listenOptions(flags).tls).toBeUndefined();
  });

  it('is by TLS with a certificate and its key, of which none comes without the other', () => {
    const tls = { certificate: 'cert.pem', key: 'key.pem' };
    expect(listenOptions({ ...flags, tlsCert: 'cert.pem', tlsKey: 'key.pem' }).tls).toEqual(tls);
    expect(() => listenOptions({ ...flags, tlsCert: 'cert.pem' })).toThrow(/^--tls-cert: .* --tls-key$/);
    expect(() => listenOptions({ ...flags, tlsKey: 'key.pem' })).toThrow(/^--tls-key: .* --tls-cert$/);
  });

  it('is by proxies on this machine, or those that are named', () => {
    expect(listenOptions({ ...flags, trustProxy: true }).trustedProxies).toEqual(['127.0.0.0/8', '::1']);
    expect(listenOptions({ ...flags, trustProxy: ['10.0.0.7'] }).trustedProxies).toEqual(['10.0.0.7']);
  });
});

describe('a token that travels unencrypted', () => {
  it('is warned about', () => {
    expect(tokenExposure({ ...flags, token })).toMatch(/^the token travels unencrypted: .*--tls-cert and --tls-key/);
  });

  it.each([
    ['there is none', {}],
    ['it stays on this machine', { token, host: '127.0.0.1' }],
    ['TLS encrypts it', { token, tlsCert: 'cert.pem' }],
    ['a reverse proxy is there to encrypt it', { token, trustProxy: true as const }],
  ])('is not warned about where %s', (_, changed) => {
    expect(tokenExposure({ ...flags, ...changed })).toBeUndefined();
  });
});
