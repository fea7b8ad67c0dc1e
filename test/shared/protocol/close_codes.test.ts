import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeCodes,
  closeReason,
  crowdedReason,
  describeClose,
  isBlame,
  isFinalRefusal,
  ProtocolError,
  returnAfter,
} from '../../../shared/protocol/close_codes.ts';
import { plainText } from '../../../shared/protocol/plain_text.ts';

describe('close codes', () => {
  it('gives an error the code of its name', () => {
    expect(new ProtocolError('tooSlow', 'no hello').closeCode).toBe(4408);
    expect(new ProtocolError('badMessage', 'what').closeCode).toBe(4400);
  });

  it('are what WebSocket allows, each once', () => {
    const codes = Object.values(closeCodes);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code === 1000 || code === 1001 || (code >= 4000 && code < 5000)).toBe(true);
  });

  it('tells refusals that stay from trouble that passes', () => {
    const final = Object.entries(closeCodes).filter(([, code]) => isFinalRefusal(code));
    expect(final.map(([name]) => name)).toEqual([
      'unknownToken',
      'protocolMismatch',
      'engineMismatch',
      'numericsMismatch',
    ]);
    expect(isFinalRefusal(1006)).toBe(false);
  });

  it('says in words why a socket closed', () => {
    expect(describeClose(4401, '')).toBe('the token is missing or wrong');
    expect(describeClose(4400, 'field step')).toBe('a message broke the protocol: field step');
    expect(describeClose(1006, '')).toBe('connection lost (close code 1006)');
  });

  it('says when to come back, in words and to be read', () => {
    const reason = crowdedReason('at most 4 connections at a time', 12_345);
    expect(reason).toBe('at most 4 connections at a time; come back in 13 s');
    expect(returnAfter(reason)).toBe(13_000);
    expect(returnAfter(describeClose(4429, reason))).toBe(13_000);
    for (const other of ['', 'come back in 13 s', '; come back in 99999 s', `${reason} or so`]) {
      expect(returnAfter(other)).toBeUndefined();
    }
  });

  it('knows for which closes the other side is to blame', () => {
    const names = Object.entries(closeCodes).flatMap(([name, code]) => (isBlame(code) ? name : []));
    expect(names).toEqual(['badMessage', 'tooSlow', 'corrupted', 'messageTooLarge', 'tooMany']);
  });

  it('gives errors and closes plain text, whatever they quote', () => {
    const forged = `bye\n\u001b[31mtest accuracy 100 %${'\u{ff}'.repeat(16_000)}`;
    const plain = plainText(forged);
    expect(plain).toHaveLength(200);
    expect(new ProtocolError('badMessage', forged).message).toBe(plain);
    expect(describeClose(1000, forged)).toBe(`closed normally: ${plain}`);
    expect(describeClose(1000, '\n')).toBe('closed normally');
    expect(closeReason('a\nb')).toBe('ab');
  });

  it('shortens a reason to 123 bytes of UTF-8, between characters', () => {
    expect(closeReason('short')).toBe('short');
    expect(closeReason('a'.repeat(123))).toHaveLength(123);
    expect(closeReason('a'.repeat(124))).toHaveLength(123);
    expect(closeReason('😀'.repeat(50))).toBe('😀'.repeat(30));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const reason = closeReason(text);
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
        expect(plainText(text).startsWith(reason)).toBe(true);
      }),
    );
  });
});
