import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import { payloadOffset, splitFrame, writeFrame } from '../../../shared/protocol/frame.ts';
import { maximumChunkBytes, maximumFrameBytes, maximumHeaderBytes } from '../../../shared/protocol/limits.ts';
import { fromHex, hex, patternBytes } from './samples.ts';

function frameOf(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payloadOffset(header.length) + payload.length).fill(0xee);
  writeFrame(frame, header, payload);
  return frame;
}

function refusal(frame: Uint8Array): string | undefined {
  try {
    splitFrame(frame);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${error.closeName}: ${error.message}`;
  }
}

describe('frame', () => {
  it('is length, header, zeros up to a multiple of 8, payload', () => {
    expect(hex(frameOf(fromHex('8081'), fromHex('aabb')))).toBe('02000000' + '8081' + '0000' + 'aabb');
    expect(hex(frameOf(fromHex('80818283'), fromHex('aa')))).toBe('04000000' + '80818283' + 'aa');
    expect(hex(frameOf(fromHex('8081828384'), new Uint8Array(0)))).toBe('05000000' + '8081828384' + '00000000000000');
  });

  it('splits into what it was written from, with the payload at a multiple of 8', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uint8Array({ maxLength: 300 }),
        (header, payload) => {
          const frame = frameOf(header, payload);
          const parts = splitFrame(frame);
          expect(hex(parts.header)).toBe(hex(header));
          expect(hex(parts.payload)).toBe(hex(payload));
          expect(parts.payload.byteOffset % 8).toBe(0);
          expect(parts.payload.buffer).toBe(frame.buffer);
        },
      ),
    );
  });

  it('holds the largest header and the largest chunk, and no more', () => {
    const header = patternBytes(maximumHeaderBytes);
    const largest = frameOf(header, patternBytes(maximumChunkBytes));
    expect(largest.length).toBe(maximumFrameBytes);
    expect(refusal(largest)).toBeUndefined();
    expect(refusal(frameOf(header, patternBytes(maximumChunkBytes + 1)))).toContain(
      'messageTooLarge: frame with 262145',
    );
    expect(refusal(frameOf(patternBytes(maximumHeaderBytes + 1), new Uint8Array(0)))).toContain(
      'header of 16385 bytes',
    );
  });

  it.each([
    ['', 'too short'],
    ['010000', 'too short'],
    ['0000000000000000', 'header of 0 bytes'],
    ['ffffffff00000000', 'header of 4294967295 bytes'],
    ['0000008000000000', 'header of 2147483648 bytes'],
    ['01000000', 'ends before its payload at 8'],
    ['0100000080', 'ends before its payload at 8'],
    ['0500000080808080', 'ends before its payload at 16'],
    ['0100000080000001', 'padding byte 7'],
    ['0100000080010000aa', 'padding byte 5'],
  ])('%s: %s', (bytes, expected) => {
    expect(refusal(fromHex(bytes))).toContain(`badMessage: `);
    expect(refusal(fromHex(bytes))).toContain(expected);
  });

  it('splits or refuses whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, length) => {
        if (bytes.length >= 4) bytes.set([length, 0, 0, 0]);
        refusal(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
