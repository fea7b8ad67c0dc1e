import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unmask } from '../../../shared/protocol/unmask.ts';

describe('unmask', () => {
  it('is an exclusive or with the key over and over, at any place in memory and in the payload', () => {
    const anyKey = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        anyKey,
        fc.nat(9),
        fc.nat(1_000),
        (payload, key, offset, position) => {
          const memory = new Uint8Array(offset + payload.length + 5).fill(0xee);
          memory.set(payload, offset);
          unmask(memory.subarray(offset, offset + payload.length), key, position);
          const expected = payload.map((byte, index) => byte ^ (key[(position + index) % 4] ?? 0));
          expect(memory.subarray(offset, offset + payload.length)).toEqual(expected);
          expect(memory.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
          expect(memory.subarray(offset + payload.length).every((byte) => byte === 0xee)).toBe(true);
        },
      ),
    );
  });

  it('undoes itself', () => {
    const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
    // RFC 6455, section 5.7: a masked "Hello".
    const payload = Uint8Array.of(0x7f, 0x9f, 0x4d, 0x51, 0x58);
    unmask(payload, key, 0);
    expect(new TextDecoder().decode(payload)).toBe('Hello');
    unmask(payload.subarray(0, 2), key, 0);
    unmask(payload.subarray(2), key, 2);
    expect([...payload]).toEqual([0x7f, 0x9f, 0x4d, 0x51, 0x58]);
  });
});
