import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import { payloadOffset, readBeginning, verifyPayload, writeFrame } from '../../../shared/protocol/frame.ts';
import { maximumChunkBytes, maximumFrameBytes, maximumHeaderBytes } from '../../../shared/protocol/limits.ts';
import { fromHex, hex, patternBytes, withBitFlipped } from './samples.ts';

function frameOf(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payloadOffset(header.length) + payload.length).fill(0xee);
  writeFrame(frame, header, payload, checksumOfCopies);
  return frame;
}

/** Reads a frame as a decoder does; undefined if it ends before its payload. */
function read(frame: Uint8Array): { readonly header: Uint8Array; readonly payload: Uint8Array } | undefined {
  const beginning = readBeginning(frame, frame.length, checksumOfCopies);
  if (beginning === undefined) return undefined;
  const payload = frame.subarray(beginning.payloadOffset);
  verifyPayload(payload, beginning.payloadCheck, checksumOfCopies);
  return { header: beginning.header, payload };
}

function refusal(frame: Uint8Array): string | undefined {
  try {
    read(frame);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${error.closeName}: ${error.message}`;
  }
}

const header = (frame: Uint8Array) => hex(read(frame)?.header ?? new Uint8Array(0));

describe('frame', () => {
  it.each([
    ['8081', 'aabb', '02000000' + '2bc69172' + 'd6892210' + '8081' + '0000' + 'aabb'],
    ['80818283', 'aa', '04000000' + '42b6de8d' + '8c72d2ea' + '80818283' + 'aa'],
    ['8081828384', '', '05000000' + '63b785a3' + '66470615' + '8081828384' + '00000000000000'],
  ])('of header %s and payload %s is %s: length, checksums, header, zeros, payload', (head, payload, expected) => {
    expect(hex(frameOf(fromHex(head), fromHex(payload)))).toBe(expected);
  });

  it('is read as what it was written from, with the payload at a multiple of 8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (head, bytes) => {
        const frame = frameOf(head, bytes);
        const parts = read(frame);
        expect(header(frame)).toBe(hex(head));
        expect(hex(parts?.payload ?? frame)).toBe(hex(bytes));
        expect((parts?.payload.byteOffset ?? 1) % 8).toBe(0);
        expect(parts?.header.buffer).toBe(frame.buffer);
      }),
    );
  });

  it('has its beginning as soon as that has come, and not before', () => {
    const frame = frameOf(fromHex('8081828384'), patternBytes(20));
    for (let length = 0; length <= frame.length; length++) {
      const beginning = readBeginning(frame.subarray(0, length), frame.length, checksumOfCopies);
      expect(beginning === undefined).toBe(length < 24);
    }
  });

  it('holds the largest header and the largest chunk, and no more', () => {
    const head = patternBytes(maximumHeaderBytes);
    const largest = frameOf(head, patternBytes(maximumChunkBytes));
    expect(largest.length).toBe(maximumFrameBytes);
    expect(refusal(largest)).toBeUndefined();
    expect(refusal(frameOf(head, patternBytes(maximumChunkBytes + 1)))).toContain('messageTooLarge: frame with 262145');
    expect(refusal(frameOf(patternBytes(maximumHeaderBytes + 1), new Uint8Array(0)))).toContain(
      'header of 16385 bytes',
    );
  });

  it('is refused whatever bit of it has changed: for its checksums, or for its length', () => {
    const frame = frameOf(patternBytes(29), patternBytes(75));
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const found = refusal(withBitFlipped(frame, bit));
      if (bit >= 32) expect(found).toMatch(bit < 64 || (bit >= 96 && bit < 384) ? /of its header/ : /of its payload/);
      else expect(found).toMatch(/^(corrupted|badMessage|messageTooLarge): /);
    }
  });

  const zeroChecksums = '0000000000000000';

  it.each([
    ['', 'too short'],
    ['010000', 'too short'],
    [`02000000${zeroChecksums.slice(2)}`, 'too short'],
    [`00000000${zeroChecksums}00000000`, 'header of 0 bytes'],
    [`ffffffff${zeroChecksums}00000000`, 'header of 4294967295 bytes'],
    [`00000080${zeroChecksums}00000000`, 'header of 2147483648 bytes'],
    [`01000000${zeroChecksums}`, 'ends before its payload at 16'],
    [`01000000${zeroChecksums}80`, 'ends before its payload at 16'],
    [`05000000${zeroChecksums}80808080`, 'ends before its payload at 24'],
  ])('%s: %s', (bytes, expected) => {
    expect(refusal(fromHex(bytes))).toContain('badMessage: ');
    expect(refusal(fromHex(bytes))).toContain(expected);
  });

  it('has zeros for padding, even if the checksum says otherwise', () => {
    const frame = frameOf(fromHex('80'), fromHex('aa'));
    frame[14] = 1;
    const checksum = checksumOfCopies(frame.subarray(12, 16), 1);
    frame.set(new Uint8Array(Uint32Array.of(checksum).buffer), 4);
    expect(refusal(frame)).toBe('badMessage: padding byte 14 of the frame is not 0');
  });

  it('is read or refused, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, length) => {
        if (bytes.length >= 4) bytes.set([length, 0, 0, 0]);
        refusal(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
