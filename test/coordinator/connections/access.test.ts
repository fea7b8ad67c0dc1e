import { describe, expect, it } from 'vitest';
import { Access, derivedToken, mayActAs, type Role } from '../../../coordinator/connections/access.ts';

const secret = 'a-secret-of-24-characters';
const here = '10.0.0.1';
const now = () => 0;

describe('a role', () => {
  it.each<[Role, readonly Role[]]>([
    ['watcher', ['watcher']],
    ['worker', ['watcher', 'worker']],
    ['local', ['watcher', 'worker', 'local']],
    ['administrator', ['watcher', 'worker', 'administrator']],
  ])('%s may do what these are for: %s', (role, allowed) => {
    const roles: readonly Role[] = ['watcher', 'worker', 'local', 'administrator'];
    expect(roles.filter((wanted) => mayActAs(role, wanted))).toEqual(allowed);
  });
});

describe('a token', () => {
  it('of watchers and workers is derived from the secret, by HMAC-SHA-256', () => {
    // printf worker | openssl dgst -sha256 -hmac a-secret-of-24-characters -binary | basenc --base64url
    expect(derivedToken(secret, 'worker')).toBe('gwTJYRbGEGr-sKAAP4Xb5uMdzNVJ5acb0fcJxc0WgDQ');
    expect(derivedToken(secret, 'watcher')).toBe('uvP5s2smgot1XMIaAHpvdHS6HlKH2_3j8pV3MyxfW7U');
  });

  it('gives its role to whoever presents it', () => {
    const access = new Access({ token: secret, now });
    expect(access.judge(secret, here)).toEqual({ role: 'administrator' });
    expect(access.judge(access.workerToken, here)).toEqual({ role: 'worker' });
    expect(access.judge(access.watcherToken, here)).toEqual({ role: 'watcher' });
    expect(access.judge(access.localToken, here)).toEqual({ role: 'local' });
  });

  it('of the coordinator’s own processes is another one in each run', () => {
    expect(new Access({ now }).localToken).not.toBe(new Access({ now }).localToken);
  });

  it('is not needed where there is none', () => {
    const access = new Access({ now });
    expect(access.isOpen).toBe(true);
    expect(access.judge(undefined, here)).toEqual({ role: 'administrator' });
    expect(access.judge('not asked for', here)).toEqual({ role: 'administrator' });
    expect(access.judge(access.localToken, here)).toEqual({ role: 'local' });
  });

  it('that is missing is no guess', () => {
    const access = new Access({ token: secret, now });
    for (let time = 0; time < 100; time++) expect(access.judge(undefined, here)).toEqual({ fault: 'missing' });
  });

  it('that is wrong is refused late, the right one at once', () => {
    const access = new Access({ token: secret, now });
    expect(access.judge('wrong', here)).toEqual({ fault: 'wrong', delay: 1_000 });
    expect(access.judge(secret, here)).toEqual({ role: 'administrator' });
    expect(access.judge(`${secret} `, here)).toEqual({ fault: 'wrong', delay: 2_000 });
  });

  it('that a person chose is not compared where too many guesses wait, those that nobody can guess are', () => {
    const access = new Access({ token: secret, now, limits: { wrongTokensPerAddress: 1 } });
    access.judge('wrong', here);
    expect(access.judge(secret, here)).toEqual({ fault: 'too many' });
    expect(access.judge(secret, '10.0.0.2')).toEqual({ role: 'administrator' });
    expect(access.judge(access.workerToken, here)).toEqual({ role: 'worker' });
    expect(access.judge(access.localToken, here)).toEqual({ role: 'local' });
  });
});
