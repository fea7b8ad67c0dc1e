// XXH64 by the letter of its specification, in BigInt: the slow twin of the wire's checksum.

const mask = (1n << 64n) - 1n;
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const wrap = (x: bigint) => x & mask;
const rotate = (x: bigint, bits: bigint) => wrap((wrap(x) << bits) | (wrap(x) >> (64n - bits)));
const round = (lane: bigint, input: bigint) => wrap(rotate(lane + input * prime2, 31n) * prime1);
const join = (sum: bigint, lane: bigint) => wrap((sum ^ round(0n, lane)) * prime1 + prime4);

function read(bytes: Uint8Array, start: number, count: number): bigint {
  return bytes.slice(start, start + count).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  let at = 0;
  let sum = wrap(seed + prime5);
  if (bytes.length >= 32) {
    let lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map(wrap);
    for (; at + 32 <= bytes.length; at += 32) {
      lanes = lanes.map((lane, index) => round(lane, read(bytes, at + 8 * index, 8)));
    }
    const shifts = [1n, 7n, 12n, 18n];
    sum = wrap(lanes.reduce((total, lane, index) => total + rotate(lane, shifts[index] ?? 0n), 0n));
    sum = lanes.reduce(join, sum);
  }
  sum = wrap(sum + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    sum = wrap(rotate(sum ^ round(0n, read(bytes, at, 8)), 27n) * prime1 + prime4);
  }
  for (; at + 4 <= bytes.length; at += 4) {
    sum = wrap(rotate(sum ^ wrap(read(bytes, at, 4) * prime1), 23n) * prime2 + prime3);
  }
  for (; at < bytes.length; at++) sum = wrap(rotate(sum ^ wrap(read(bytes, at, 1) * prime5), 11n) * prime1);
  sum = wrap((sum ^ (sum >> 33n)) * prime2);
  sum = wrap((sum ^ (sum >> 29n)) * prime3);
  return sum ^ (sum >> 32n);
}

/** What the wire's checksum should be. */
export function slowChecksum(bytes: Uint8Array, seed: number): number {
  return Number(xxh64(bytes, BigInt(seed)) & 0xffffffffn);
}
