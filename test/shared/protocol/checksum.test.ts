import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { checksumOfCopies, createChecksum } from '../../../shared/protocol/checksum.ts';
import { patternBytes, sameBytes, withBitFlipped } from './samples.ts';
import { slowChecksum, xxh64 } from './xxh64.ts';

const prime32 = 2_654_435_761;

/** The bytes over which xxHash publishes its values (`xxhsum`, sanity check). */
function publishedBytes(length: number): Uint8Array {
  let state = BigInt(prime32);
  return Uint8Array.from({ length }, () => {
    const byte = Number(state >> 56n);
    state = (state * 11_400_714_785_074_694_797n) & 0xffff_ffff_ffff_ffffn;
    return byte;
  });
}

const published: readonly [string, Uint8Array, number, bigint][] = [
  ['nothing', publishedBytes(0), 0, 0xef46db3751d8e999n],
  ['nothing, with a seed', publishedBytes(0), prime32, 0xac75fda2929b17efn],
  ['1 byte', publishedBytes(1), 0, 0xe934a84adb052768n],
  ['1 byte, with a seed', publishedBytes(1), prime32, 0x5014607643a9b4c3n],
  ['4 bytes', publishedBytes(4), 0, 0x9136a0dca57457een],
  ['14 bytes', publishedBytes(14), 0, 0x8282dcc4994e35c8n],
  ['14 bytes, with a seed', publishedBytes(14), prime32, 0xc3bd6bf63deb6df0n],
  ['222 bytes', publishedBytes(222), 0, 0xb641ae8cb691c174n],
  ['222 bytes, with a seed', publishedBytes(222), prime32, 0x20cb8ab7ae10c14an],
  ['"abc"', Buffer.from('abc'), 0, 0x44bc2cf5ad770999n],
];

describe('checksum', () => {
  it.each(published)('is the low half of the published XXH64 of %s', (_, bytes, seed, expected) => {
    expect(xxh64(bytes, BigInt(seed))).toBe(expected);
    expect(checksumOfCopies(bytes, seed)).toBe(Number(expected & 0xffff_ffffn));
  });

  it('is the same for bytes in a known memory, in another and on the heap, at any length and place', async () => {
    const [other, engine] = [await loadEngine('portable'), await loadEngine('portable')];
    const checksum = createChecksum([other.memory, engine.memory]);
    const place = engine.allocate(4000);
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(200), fc.nat(2000)),
        fc.nat(200),
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.nat(),
        (length, start, seed, pattern) => {
          const bytes = patternBytes(length, pattern);
          const inPlace = engine.bytes(place, 4000).subarray(start, start + length);
          inPlace.set(bytes);
          const expected = slowChecksum(bytes, seed);
          expect(checksum(inPlace, seed)).toBe(expected);
          expect(checksumOfCopies(inPlace, seed)).toBe(expected);
          expect(checksum(bytes, seed)).toBe(expected);
        },
      ),
    );
  });

  it.each([65_535, 65_536, 65_537, 131_072, 131_079])('takes %i bytes from the heap without a seam', (length) => {
    const bytes = patternBytes(length);
    expect(checksumOfCopies(bytes, 9)).toBe(slowChecksum(bytes, 9));
  });

  it('changes with any bit and with the seed', () => {
    const bytes = patternBytes(77);
    const checksums = new Set([checksumOfCopies(bytes, 0), checksumOfCopies(bytes, 1)]);
    for (let bit = 0; bit < 8 * bytes.length; bit++) checksums.add(checksumOfCopies(withBitFlipped(bytes, bit), 0));
    expect(checksums.size).toBe(2 + 8 * bytes.length);
  });

  it('reads in place, up to its last byte, a memory that has grown', async () => {
    const engine = await loadEngine('portable');
    const checksum = createChecksum([engine.memory]);
    const before = engine.memory.buffer.byteLength;
    const place = engine.allocate(1_000_000);
    const bytes = patternBytes(3000);
    engine.bytes(place, bytes.length).set(bytes);
    expect(engine.memory.buffer.byteLength).toBeGreaterThan(before);
    expect(checksum(engine.bytes(place, bytes.length), 5)).toBe(slowChecksum(bytes, 5));
    const end = new Uint8Array(engine.memory.buffer).subarray(-bytes.length);
    end.set(bytes);
    expect(checksum(end, 5)).toBe(slowChecksum(bytes, 5));
  });

  it('writes nothing to a memory that it knows', async () => {
    const engine = await loadEngine('portable');
    const all = new Uint8Array(engine.memory.buffer);
    const before = patternBytes(all.length);
    all.set(before);
    createChecksum([engine.memory])(all, 0);
    expect(sameBytes(all, before)).toBe(true);
  });
});
