// Philox4x32-10, the counter-based generator behind every random number of a job: a number is a pure function of (seed,
// purpose, index, position), so it can be asked for in any order, on any machine, and nothing carries state.
//
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, section 3.3. The key is the seed; the
// counter is (position, index, purpose, 0), the same as in the engine's kernels. Integers only, so exact everywhere.

/** What a number is drawn for; part of the counter, so that two purposes never share a number. */
export const purposes = {
  initialWeights: 1,
  shuffle: 2,
  draw: 3,
  dropout: 4,
  augmentation: 5,
  validation: 6,
  generation: 7,
} as const;

export type Purpose = (typeof purposes)[keyof typeof purposes];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const keyStep0 = 0x9e3779b9;
const keyStep1 = 0xbb67ae85;
const rounds = 10;

/** Writes the four 32-bit words of one block to `output`; every argument is taken modulo 2^32. */
export function philox(
  output: Uint32Array,
  keyLow: number,
  keyHigh: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
): void {
  let word0 = counter0;
  let word1 = counter1;
  let word2 = counter2;
  let word3 = counter3;
  let key0 = keyLow;
  let key1 = keyHigh;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, word0 >>> 0);
    const high1 = multiplyHigh(multiplier1, word2 >>> 0);
    const low0 = Math.imul(multiplier0, word0);
    const low1 = Math.imul(multiplier1, word2);
    word0 = high1 ^ word1 ^ key0;
    word1 = low1;
    word2 = high0 ^ word3 ^ key1;
    word3 = low0;
    key0 = (key0 + keyStep0) | 0;
    key1 = (key1 + keyStep1) | 0;
  }
  output[0] = word0;
  output[1] = word1;
  output[2] = word2;
  output[3] = word3;
}

/** The high 32 bits of the product of two u32: both halves stay below 2^49, where f64 is exact. */
function multiplyHigh(left: number, right: number): number {
  const fromLow = Math.floor(((left & 0xffff) * right) / 0x10000);
  return Math.floor(((left >>> 16) * right + fromLow) / 0x10000);
}

/** The two u32 halves of a seed, a non-negative integer below 2^53. */
export function seedHalves(seed: number): { readonly low: number; readonly high: number } {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed: expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}, found ${seed}`);
  }
  return { low: seed >>> 0, high: Math.floor(seed / 2 ** 32) };
}

/**
 * Numbers below a bound for one (seed, purpose, index), by position. A block of Philox gives two positions; asking for
 * them in turn computes each block once. Allocates nothing after its construction.
 */
export class CounterDraws {
  private readonly keyLow: number;
  private readonly keyHigh: number;
  private readonly purpose: Purpose;
  private readonly index: number;
  private readonly words = new Uint32Array(4);
  private block = -1;

  /** `index` (an epoch, a step) is an integer from 0 to 2^32 - 1. */
  constructor(seed: number, purpose: Purpose, index: number) {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32) {
      throw new RangeError(`index: expected an integer from 0 to 2^32 - 1, found ${index}`);
    }
    const { low, high } = seedHalves(seed);
    this.keyLow = low;
    this.keyHigh = high;
    this.purpose = purpose;
    this.index = index;
  }

  /** Uniform in [0, 1), a multiple of 2^-53; `position` from 0 to 2^33 - 1. */
  uniform(position: number): number {
    const block = Math.floor(position / 2);
    if (block !== this.block) {
      philox(this.words, this.keyLow, this.keyHigh, block, this.index, this.purpose, 0);
      this.block = block;
    }
    const first = (position % 2) * 2;
    const high = (this.words[first] ?? 0) >>> 5;
    const low = (this.words[first + 1] ?? 0) >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /**
   * An integer from 0 to bound - 1, as floor(uniform * bound). Each value's probability is off from 1/bound by less than
   * 2^-52, which no run of ours can tell from none. The product never rounds up to the bound: the largest uniform,
   * 1 - 2^-53, leaves at least half a unit in the last place below it, and ties only at a power of two, where it is exact.
   */
  below(bound: number, position: number): number {
    return Math.floor(this.uniform(position) * bound);
  }
}
