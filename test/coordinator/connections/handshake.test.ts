import { describe, expect, it } from 'vitest';
import { checkHello, type HandshakeRequirements } from '../../../coordinator/connections/handshake.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import type { Hello } from '../../../shared/protocol/messages.ts';

const required: HandshakeRequirements = { engineDigest: 'e1', numerics: 'portable', probe: 'p1', token: undefined };
const hello: Hello = {
  type: 'hello',
  protocol: 1,
  engineDigest: 'e1',
  probes: { portable: 'p1' },
  kind: 'node',
  cores: 2,
};

function refusalOf(given: Partial<Hello>, requirements: Partial<HandshakeRequirements> = {}): string | undefined {
  try {
    checkHello({ ...hello, ...given }, { ...required, ...requirements });
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.closeName;
  }
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

  it('asks for the token where there is one', () => {
    expect(refusalOf({}, { token: 'secret' })).toBe('unknownToken');
    expect(refusalOf({ token: 'wrong' }, { token: 'secret' })).toBe('unknownToken');
    expect(refusalOf({ token: 'secret' }, { token: 'secret' })).toBeUndefined();
    expect(refusalOf({ token: 'not asked for' })).toBeUndefined();
  });
});
