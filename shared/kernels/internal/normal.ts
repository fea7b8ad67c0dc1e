// Normal numbers from random words, by the inverse normal distribution function.

import { log64 } from './functions';

/** Normal with mean 0 and standard deviation 1. */
export function normalOf(word: u32): f64 {
  // The middle of one of 2^32 equal parts of (0, 1): never 0 or 1.
  return inverseNormal((<f64>word + 0.5) * 2.3283064365386963e-10);
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
