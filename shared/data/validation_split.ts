// Which samples are held out of training for validation: drawn by counter, so that they depend on the job's seed and the
// data alone; of each class as many as is its share, where there are classes.

import { CounterDraws, purposes } from '../random/philox.ts';

/** Positions among the samples that there are, rising. */
export interface Split {
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
}

export interface SplitOptions {
  /** How many samples there are to draw from. */
  readonly samples: number;
  /** How many of them are held out. */
  readonly held: number;
  readonly seed: number;
  /** The class of each sample, from 0 to `classes` - 1; left out, there are none. */
  readonly strata?: { readonly classes: number; readonly classOf: (sample: number) => number };
}

/** Each sample draws a number; of each class those with the smallest are held out, as many as `quotasOf` says. */
export function drawSplit({ samples, held, seed, strata }: SplitOptions): Split {
  const { classes, classOf } = strata ?? { classes: 1, classOf: () => 0 };
  const counts = new Uint32Array(classes);
  for (let sample = 0; sample < samples; sample++) counts[classOf(sample)] = (counts[classOf(sample)] ?? 0) + 1;
  const left = Uint32Array.from(quotasOf(counts, held));
  const isHeld = new Uint8Array(samples);
  for (const sample of drawnOrder(samples, seed)) {
    const stratum = classOf(sample);
    const places = left[stratum] ?? 0;
    if (places === 0) continue;
    left[stratum] = places - 1;
    isHeld[sample] = 1;
  }
  const all = Uint32Array.from({ length: samples }, (_, sample) => sample);
  return {
    training: all.filter((sample) => isHeld[sample] === 0),
    validation: all.filter((sample) => isHeld[sample] === 1),
  };
}

/** All samples by the number that each draws. */
function drawnOrder(samples: number, seed: number): Uint32Array {
  const draws = new CounterDraws(seed, purposes.validation, 0);
  const drawn = Float64Array.from({ length: samples }, (_, sample) => draws.uniform(sample));
  const order = Uint32Array.from({ length: samples }, (_, sample) => sample);
  return order.sort((one, other) => (drawn[one] ?? 0) - (drawn[other] ?? 0) || one - other);
}

/**
 * How many of each class are held out: held * count / samples, rounded down, and the rest to those that lose most by that
 * (of equals, to the first). No class is held out whole unless there is no other way.
 */
export function quotasOf(counts: Uint32Array, held: number): readonly number[] {
  const samples = counts.reduce((sum, count) => sum + count, 0);
  const shares = Array.from(counts, (count) => (samples === 0 ? 0 : (held * count) / samples));
  const quotas = shares.map(Math.floor);
  let left = held - quotas.reduce((sum, quota) => sum + quota, 0);
  const lossOf = (index: number) => (shares[index] ?? 0) - (quotas[index] ?? 0);
  const byLoss = shares.map((_, index) => index).sort((one, other) => lossOf(other) - lossOf(one) || one - other);
  for (const kept of [1, 0]) {
    for (let given = -1; given !== left && left > 0; ) {
      given = left;
      for (const index of byLoss) {
        const quota = quotas[index] ?? 0;
        if (left === 0 || quota + kept >= (counts[index] ?? 0)) continue;
        quotas[index] = quota + 1;
        left -= 1;
      }
    }
  }
  return quotas;
}
