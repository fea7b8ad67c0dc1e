import { describe, expect, it } from 'vitest';
import { endOfClose } from '../../../worker/session/conversation_end.ts';

describe('the end of a conversation', () => {
  it('knows when a coordinator that has too much to do asks to come back', () => {
    const reason = 'at most 4 connections at a time; come back in 13 s';
    const lost = { kind: 'lost', cause: 'busy', welcomed: false };
    expect(endOfClose(4429, reason, false)).toEqual({ ...lost, reason, retryAfter: 13_000 });
    expect(endOfClose(4429, 'too much', false)).toEqual({ ...lost, reason: 'too much' });
    expect(endOfClose(1001, reason, false)).not.toHaveProperty('retryAfter');
  });
});
