// Random numbers by counter, the twin of shared/random/philox.ts: Philox4x32-10 with key = seed and
// counter = (element / 4, index, purpose, 0). Salmon, Moraes, Dror, Shaw, SC'11, section 3.3.

import { log64 } from './internal/functions';

/** The four words of the current block. */
const block: usize = memory.data(16, 16);

function philox(keyLow: u32, keyHigh: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>0xd2511f53 * <u64>c0;
    const product1 = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ keyLow;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ keyHigh;
    c3 = <u32>product0;
    keyLow += 0x9e3779b9;
    keyHigh += 0xbb67ae85;
  }
  store<u32>(block, c0);
  store<u32>(block, c1, 4);
  store<u32>(block, c2, 8);
  store<u32>(block, c3, 12);
}

/** The 32-bit word of an element; a new block every four. */
function word(element: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32): u32 {
  if ((element & 3) == 0) philox(seedLow, seedHigh, <u32>element >> 2, index, purpose, 0);
  return load<u32>(block + (<usize>(element & 3) << 2));
}

/** Uniform in [low, high). Seed is a non-negative integer below 2^53, given as two u32 halves. */
export function fillUniform(
  output: usize, elements: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32, low: f32, high: f32,
): void {
  for (let element = 0; element < elements; element++, output += 4) {
    // 24 bits: every f32 multiple of 2^-24 below 1, so that rounding never reaches 1.
    const unit = <f32>(word(element, seedLow, seedHigh, purpose, index) >> 8) * <f32>5.9604644775390625e-8;
    const x = low + (high - low) * unit;
    // The sum may round up to `high`, which is outside.
    store<f32>(output, x < high ? x : low);
  }
}

/** Normal with mean 0 and the given standard deviation, by the inverse normal distribution function. */
export function fillNormal(
  output: usize, elements: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32, standardDeviation: f32,
): void {
  for (let element = 0; element < elements; element++, output += 4) {
    // The middle of one of 2^32 equal parts of (0, 1): never 0 or 1.
    const probability = (<f64>word(element, seedLow, seedHigh, purpose, index) + 0.5) * 2.3283064365386963e-10;
    store<f32>(output, <f32>(inverseNormal(probability) * <f64>standardDeviation));
  }
}

/**
 * The inverse of the normal distribution function. Wichura, "Algorithm AS 241: The percentage points of the normal
 * distribution", Applied Statistics 37 (1988), routine PPND7: rational approximations, relative error about 1e-7. `probability` is from 2^-33 to 1 - 2^-33.
 */
function inverseNormal(probability: f64): f64 {
  const q = probability - 0.5;
  if (abs<f64>(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
      (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  // At most 4.8 for the probabilities of 32-bit words; the routine's third range starts at 5.
  const r = sqrt<f64>(-log64(q < 0 ? probability : 1 - probability)) - 1.6;
  const x = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
    ((0.12021132975 * r + 0.73700164250) * r + 1);
  return q < 0 ? -x : x;
}
