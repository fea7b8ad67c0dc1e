import { describe, expect, it } from 'vitest';
import { Access } from '../../../coordinator/connections/access.ts';
import { checkHello, type HandshakeRequirements, LateRefusal } from '../../../coordinator/connections/handshake.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import type { Hello } from '../../../shared/protocol/messages.ts';

const now = () => 0;
const secret = 'a-secret-of-24-characters';
const open = new Access({ now });
const required: HandshakeRequirements = { engineDigest: 'e1', numerics: 'portable', probe: 'p1', access: open };
const hello: Hello = {
  type: 'hello',
  protocol: 1,
  engineDigest: 'e1',
  probes: { portable: 'p1' },
  kind: 'node',
  cores: 2,
};

function errorOf(given: Partial<Hello>, requirements: Partial<HandshakeRequirements> = {}): ProtocolError | undefined {
  try {
    checkHello({ ...hello, ...given }, { ...required, ...requirements }, '10.0.0.1');
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error;
  }
}

const refusalOf = (...given: Parameters<typeof errorOf>) => errorOf(...given)?.closeName;

function roleOf(token: string | undefined, access: Access): string {
  return checkHello(token === undefined ? hello : { ...hello, token }, { ...required, access }, '10.0.0.1');
}

describe('checkHello', () => {
  it('lets a worker with the same engine and the same bits in', () => {
    expect(refusalOf({})).toBeUndefined();
  });

  it('refuses another engine', () => {
    expect(refusalOf({ engineDigest: 'e2' })).toBe('engineMismatch');
  });

  it('refuses a machine whose arithmetic gives other bits, or lacks the profile', () => {
    expect(refusalOf({ probes: { portable: 'p2' } })).toBe('numericsMismatch');
    expect(refusalOf({}, { numerics: 'fused' })).toBe('numericsMismatch');
    expect(refusalOf({ probes: { portable: 'x', fused: 'p1' } }, { numerics: 'fused' })).toBeUndefined();
  });

  it('tells the role of a worker by its token', () => {
    const access = new Access({ token: secret, now });
    expect(roleOf(access.workerToken, access)).toBe('worker');
    expect(roleOf(access.localToken, access)).toBe('local');
    expect(roleOf(secret, access)).toBe('administrator');
  });

  it('takes everybody for a worker where no token is asked for, but knows its own processes', () => {
    expect(roleOf(undefined, open)).toBe('worker');
    expect(roleOf('not asked for', open)).toBe('worker');
    expect(roleOf(open.localToken, open)).toBe('local');
  });

  it('refuses who has no token, or one for watching, at once and for good', () => {
    const access = new Access({ token: secret, now });
    expect(errorOf({}, { access })).toMatchObject({
      closeName: 'unknownToken',
      message: expect.stringMatching(/^this run asks for a token: .*GRADSWARM_TOKEN/),
    });
    const { watcherToken = '' } = access;
    expect(errorOf({ token: watcherToken }, { access })).toMatchObject({
      closeName: 'unknownToken',
      message: expect.stringMatching(/^this token lets you watch, not work/),
    });
  });

  it('refuses a wrong token late, and the more there are the later', () => {
    const access = new Access({ token: secret, now });
    const [first, second] = [errorOf({ token: 'wrong' }, { access }), errorOf({ token: 'wronger' }, { access })];
    expect(first).toBeInstanceOf(LateRefusal);
    expect(first).toMatchObject({ closeName: 'unknownToken', delay: 1_000 });
    expect(second).toMatchObject({ closeName: 'unknownToken', delay: 2_000 });
  });

  it('sends whoever guesses too much away for a while', () => {
    const access = new Access({ token: secret, now, limits: { wrongTokensPerAddress: 1 } });
    refusalOf({ token: 'wrong' }, { access });
    expect(refusalOf({ token: 'wrong' }, { access })).toBe('tooMany');
  });
});
