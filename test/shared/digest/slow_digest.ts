// The slow twin of the digest of answers: whole numbers of any size, one word after the other.

const prime = 2n ** 61n - 1n;

/** Little-endian, of so many bits. */
function words(bytes: Uint8Array, bits: 32 | 64): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: (8 * bytes.length) / bits }, (_, index) =>
    bits === 32 ? BigInt(view.getUint32(4 * index, true)) : view.getBigUint64(8 * index, true),
  );
}

/** Σ (m[i] + k[i]) (m[i + 4] + k[i + 4]) over the first half of each eight words. */
function nh(message: readonly bigint[], key: readonly bigint[]): bigint {
  let sum = 0n;
  message.forEach((word, at) => {
    if (at % 8 >= 4) return;
    const left = BigInt.asUintN(32, word + (key[at] ?? 0n));
    const right = BigInt.asUintN(32, (message[at + 4] ?? 0n) + (key[at + 4] ?? 0n));
    sum += left * right;
  });
  return BigInt.asUintN(64, sum);
}

/** The blocks of a gradient: of 1 KiB, then what is left of whole groups of 32 bytes, then the rest, filled up with zeros. */
function blocksOf(gradient: Uint8Array): Uint8Array[] {
  const whole = gradient.length - (gradient.length % 32);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < whole; at += 1024) blocks.push(gradient.slice(at, Math.min(whole, at + 1024)));
  if (whole === gradient.length) return blocks;
  const rest = new Uint8Array(32);
  rest.set(gradient.subarray(whole));
  return [...blocks, rest];
}

export function slowDigest(gradient: Uint8Array, sums: readonly number[], key: Uint8Array): number {
  const keyWords = words(key.slice(0, 1024), 32);
  const [point = 0n, factor = 0n] = words(key.slice(1024), 64).map((word) => BigInt.asUintN(61, word));
  const hashes = blocksOf(gradient).map((block) => nh(words(block, 32), keyWords));
  const coefficients = [...hashes, ...words(new Uint8Array(Float64Array.from(sums).buffer), 64)];
  let polynomial = BigInt(gradient.length);
  for (const word of coefficients) {
    for (const half of [word >> 32n, BigInt.asUintN(32, word)]) polynomial = (polynomial * point + half) % prime;
  }
  return Number(BigInt.asUintN(53, (polynomial * factor) % prime));
}
