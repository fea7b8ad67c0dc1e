import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { parseUrl } from '../../../worker/process/coordinator_url.ts';

describe('coordinator URL', () => {
  it.each([
    ['ws://localhost:8080', 'ws://localhost:8080/worker'],
    ['http://10.0.0.1:80', 'ws://10.0.0.1/worker'],
    ['https://example.org', 'wss://example.org/worker'],
    ['wss://[2001:db8::1]:8080', 'wss://[2001:db8::1]:8080/worker'],
  ])('%s is %s: workers have a path of their own', (text, expected) => {
    expect(parseUrl(text).href).toBe(expected);
  });

  it.each([
    ['wss://example.org/swarm', 'wss://example.org/swarm/worker'],
    ['wss://example.org/swarm/?x=1#part', 'wss://example.org/swarm/worker?x=1'],
    ['wss://example.org/co-worker', 'wss://example.org/co-worker/worker'],
  ])('%s is %s: the prefix of a reverse proxy stays', (text, expected) => {
    expect(parseUrl(text).href).toBe(expected);
  });

  it.each([
    ['ws://localhost:8080/worker', 'ws://localhost:8080/worker'],
    ['wss://example.org/swarm/worker/', 'wss://example.org/swarm/worker'],
  ])('%s is %s: it is that path already', (text, expected) => {
    expect(parseUrl(text).href).toBe(expected);
  });

  it.each(['', 'localhost', 'localhost:8080', '10.0.0.1:8080', 'ftp://host', 'ws://', 'ws://host:99999'])(
    'refuses %j and shows a right one',
    (text) => {
      expect(() => parseUrl(text)).toThrow(/^".*" is not a (WebSocket )?URL: expected one like ws:\/\/192/);
    },
  );

  it.each([
    ['http://host:8080/#join&token=s3cret', 'the URL holds a token'],
    ['http://host:8080/?token=s3cret', 'the URL holds a token'],
    ['host:8080/?join&TOKEN=s3cret', 'the URL holds a token'],
    ['ws://user:s3cret@host:8080', 'the URL holds a user name or a password'],
    ['//s3cret@host', 'the URL holds a user name or a password'],
  ])('refuses the secret in %s, says where it belongs, and does not repeat it', (text, expected) => {
    expect(() => parseUrl(text)).toThrow(
      expect.objectContaining({
        constructor: InputError,
        message: expect.stringMatching(new RegExp(`^${expected}(?!.*s3cret).*GRADSWARM_TOKEN`)),
      }),
    );
  });

  it('takes an @ elsewhere for what it is', () => {
    expect(parseUrl('wss://example.org/@swarm').href).toBe('wss://example.org/@swarm/worker');
  });
});
