import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerDigest, digestKeyBytes } from '../../../shared/digest/answer_digest.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { testValues } from '../kernels/profiles.ts';
import { patternBytes, sameBytes, withBitFlipped } from '../protocol/samples.ts';
import { slowDigest } from './slow_digest.ts';

const engine = await loadEngine('portable');
const place = engine.allocate(4 * 3000);
const key = patternBytes(digestKeyBytes, 7);
const digest = new AnswerDigest(engine, key);

function inspect(gradient: Float32Array, sums: readonly number[] = [1.5, 2]) {
  engine.float32(place, gradient.length).set(gradient);
  return digest.inspect(place, gradient.length, sums);
}

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const floatsOf = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);

describe('the digest of an answer', () => {
  it('is that of its slow twin, at any length and with any key', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(20), fc.integer({ min: 240, max: 270 }), fc.nat(2999)),
        fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
        fc.uint8Array({ minLength: digestKeyBytes, maxLength: digestKeyBytes }),
        fc.nat(),
        (elements, sums, other, pattern) => {
          const bytes = patternBytes(4 * elements, pattern);
          digest.useKey(other);
          engine.bytes(place, bytes.length).set(bytes);
          expect(digest.inspect(place, elements, sums).digest).toBe(slowDigest(bytes, sums, other));
          digest.useKey(key);
        },
      ),
    );
  });

  it.each([0x00, 0xff])('is that of its slow twin where all bytes, or all but one, are %i', (byte) => {
    const all = patternBytes(4 * 600).fill(byte);
    for (const gradient of [all, withBitFlipped(all, 9999)]) {
      for (const own of [key, patternBytes(digestKeyBytes).fill(byte)]) {
        digest.useKey(own);
        engine.bytes(place, gradient.length).set(gradient);
        expect(digest.inspect(place, 600, [0]).digest).toBe(slowDigest(gradient, [0], own));
      }
    }
    digest.useKey(key);
  });

  it('is a whole number that JSON holds', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { digest: found } = inspect(testValues(9, seed));
      expect(Number.isSafeInteger(found) && found >= 0).toBe(true);
    }
  });

  it.each([1, 8, 77, 256, 300])('changes with any bit of %i elements', (elements) => {
    const bytes = bytesOf(testValues(elements, 3));
    const digests = new Set([inspect(floatsOf(bytes)).digest]);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      engine.bytes(place, bytes.length).set(withBitFlipped(bytes, bit));
      digests.add(digest.inspect(place, elements, [1.5, 2]).digest);
    }
    expect(digests.size).toBe(1 + 8 * bytes.length);
  });

  it('changes with any bit of the sums, and with their order', () => {
    const gradient = testValues(10, 1);
    const sums = new Uint8Array(Float64Array.of(1.5, 2).buffer);
    const digests = new Set([inspect(gradient, [1.5, 2]).digest, inspect(gradient, [2, 1.5]).digest]);
    for (let bit = 0; bit < 128; bit++) {
      const flipped = [...new Float64Array(withBitFlipped(sums, bit).slice().buffer)];
      digests.add(inspect(gradient, flipped).digest);
    }
    expect(digests.size).toBe(2 + 128);
  });

  it('tells -0 from 0, in the gradient and in the sums', () => {
    const zeros = new Float64Array(40);
    const digests = [
      inspect(Float32Array.from(zeros), [0]).digest,
      inspect(Float32Array.from(zeros).fill(-0, 20, 21), [0]).digest,
      inspect(Float32Array.from(zeros), [-0]).digest,
    ];
    expect(new Set(digests).size).toBe(3);
  });

  it('tells apart zeros by their number, and an answer without a gradient from both', () => {
    const digests = [0, 1, 7, 8, 256].map((elements) => inspect(new Float32Array(elements), [0]).digest);
    expect(new Set(digests).size).toBe(5);
  });

  it('does not depend on what stands behind the gradient', () => {
    const values = testValues(13, 2);
    engine.bytes(place, 400).fill(0xff);
    const before = inspect(values);
    engine.bytes(place, 400).fill(0);
    expect(inspect(values)).toEqual(before);
  });

  it('reads a memory that has grown, and writes nothing but its own', async () => {
    const grown = await loadEngine('portable');
    const own = new AnswerDigest(grown, key);
    const at = grown.allocate(4_000_000);
    const values = testValues(100_003, 5);
    grown.float32(at, values.length).set(values);
    const before = new Uint8Array(grown.memory.buffer).slice();
    expect(own.inspect(at, values.length, [1]).digest).toBe(slowDigest(bytesOf(values), [1], key));
    const after = new Uint8Array(grown.memory.buffer);
    const scratch = after.findIndex((byte, index) => byte !== before[index]);
    before.fill(0, scratch, scratch + 32);
    after.fill(0, scratch, scratch + 32);
    expect(sameBytes(after, before)).toBe(true);
  });

  it('refuses a key of another length, and gives away a copy of its own', () => {
    expect(() => new AnswerDigest(engine, new Uint8Array(16))).toThrow(RangeError);
    expect(digest.key).toEqual(key);
    digest.key.fill(0);
    expect(digest.key).toEqual(key);
  });
});

describe('an inspection', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('finds %d anywhere', (bad) => {
    for (const elements of [1, 7, 8, 33, 300]) {
      const values = testValues(elements, 1);
      expect(inspect(values).isFinite).toBe(true);
      for (let at = 0; at < elements; at++) {
        expect(inspect(Float32Array.from(values).fill(bad, at, at + 1)).isFinite, `${at} of ${elements}`).toBe(false);
      }
    }
    expect(inspect(testValues(5, 1), [bad, 0]).isFinite).toBe(false);
    expect(inspect(testValues(5, 1), [0, bad]).isFinite).toBe(false);
  });

  it.each([1e-40, 1e-22, 1, 1000, 3.4e38])('gives the norm of values around %d, which are finite', (size) => {
    for (const elements of [0, 1, 5, 8, 257, 2999]) {
      const values = testValues(elements, 4).map((value) => value * size);
      const found = inspect(values);
      const norm = Math.hypot(...values);
      expect(found.isFinite).toBe(true);
      expect(Math.abs(found.norm - norm)).toBeLessThanOrEqual(1e-12 * norm);
    }
  });
});
