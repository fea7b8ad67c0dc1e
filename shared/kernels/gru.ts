// GRU (K. Cho and others, 2014) over whole sequences, with PyTorch's equations and order of gates: reset r, update z, new n.
//
//   r, z = σ(x W + b + h U + d), n = tanh(x W + b + r (h U + d)), h' = (1 − z) n + z h
//
// Tensors are [samples, steps, …]; h is 0 in front of the first step. What follows the products is computed in f64, and
// rounded where it is stored.

import { loadPair, sigmoid64Lanes, storePair, tanh64Lanes } from './internal/double_lanes';
import { copyRows, stepProduct } from './internal/recurrence';

/**
 * output = h of every step. `gates` holds x W + b, [samples, steps, 3 units], and is left holding r, z and n; `inner` gets
 * h U + d of n, [samples, steps, units]. `packedRecurrent` is U [units, 3 units], `recurrentBias` d [3 units]; `scratch`
 * has room for [samples, 3 units].
 */
export function gru(
  output: usize, inner: usize, gates: usize, packedRecurrent: usize, recurrentBias: usize, scratch: usize, samples: i32,
  steps: i32, units: i32,
): void {
  const bytes = <usize>units << 2;
  const row = 3 * bytes;
  const sequence = <usize>steps * bytes;
  for (let step = 0; step < steps; step++, output += bytes, inner += bytes, gates += row) {
    if (step == 0) copyRows(scratch, row, recurrentBias, 0, samples, row);
    else {
      stepProduct(scratch, output - bytes, sequence, packedRecurrent, samples, 3 * units, units, false, recurrentBias);
    }
    for (let sample = 0; sample < samples; sample++) {
      const at = <usize>sample * sequence;
      const sums = scratch + <usize>sample * row;
      advance(output + at, inner + at, gates + 3 * at, sums, units, step > 0);
    }
  }
}

/** One step of one sample. */
function advance(output: usize, inner: usize, gates: usize, sums: usize, units: i32, hasPast: bool): void {
  const bytes = <usize>units << 2;
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const hidden = loadPair(sums + 2 * bytes + at);
    const r = sigmoid64Lanes(f64x2.add(loadPair(gates + at), loadPair(sums + at)));
    const z = sigmoid64Lanes(f64x2.add(loadPair(gates + bytes + at), loadPair(sums + bytes + at)));
    const n = tanh64Lanes(f64x2.add(loadPair(gates + 2 * bytes + at), f64x2.mul(r, hidden)));
    let h = f64x2.mul(f64x2.sub(f64x2.splat(1), z), n);
    if (hasPast) h = f64x2.add(h, f64x2.mul(z, loadPair(output - bytes + at)));
    storePair(inner + at, hidden, isWhole);
    storePair(gates + at, r, isWhole);
    storePair(gates + bytes + at, z, isWhole);
    storePair(gates + 2 * bytes + at, n, isWhole);
    storePair(output + at, h, isWhole);
  }
}

/**
 * gates = the gradient of x W + b, hiddenGradient = that of h U + d, [samples, steps, 3 units] each, from the gradient of all
 * h and from what `gru` left: r, z and n in `gates`, h in `output`, and `inner`. `packedTransposed` is Uᵀ [3 units, units];
 * `scratch` has room for [2, samples, units].
 */
export function gruGradient(
  gates: usize, hiddenGradient: usize, outputGradient: usize, output: usize, inner: usize, packedTransposed: usize,
  scratch: usize, samples: i32, steps: i32, units: i32,
): void {
  const bytes = <usize>units << 2;
  const row = 3 * bytes;
  const sequence = <usize>steps * bytes;
  const carried = scratch + <usize>samples * bytes;
  memory.fill(carried, 0, <usize>samples * bytes);
  for (let step = steps - 1; step >= 0; step--) {
    const past = <usize>step * bytes;
    copyRows(scratch, bytes, outputGradient + past, sequence, samples, bytes);
    if (step + 1 < steps) {
      const next = hiddenGradient + <usize>(step + 1) * row;
      stepProduct(scratch, next, 3 * sequence, packedTransposed, samples, units, 3 * units, true, 0);
    }
    for (let sample = 0; sample < samples; sample++) {
      const own = <usize>sample * bytes;
      const at = past + <usize>sample * sequence;
      goBack(
        gates + 3 * at, hiddenGradient + 3 * at, scratch + own, carried + own, output + at, inner + at, units, step > 0,
      );
    }
  }
}

/** One step of one sample: `carried` is what reaches h past the gates of the next step, and becomes that of this step's. */
function goBack(
  gates: usize, hiddenGradient: usize, gradient: usize, carried: usize, output: usize, inner: usize, units: i32,
  hasPast: bool,
): void {
  const bytes = <usize>units << 2;
  const one = f64x2.splat(1);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const r = loadPair(gates + at);
    const z = loadPair(gates + bytes + at);
    const n = loadPair(gates + 2 * bytes + at);
    const h = f64x2.add(loadPair(gradient + at), loadPair(carried + at));
    const past = hasPast ? loadPair(output - bytes + at) : f64x2.splat(0);
    const ofNew = f64x2.mul(f64x2.mul(h, f64x2.sub(one, z)), f64x2.sub(one, f64x2.mul(n, n)));
    const ofUpdate = f64x2.mul(f64x2.mul(h, f64x2.sub(past, n)), f64x2.mul(z, f64x2.sub(one, z)));
    const ofReset = f64x2.mul(f64x2.mul(ofNew, loadPair(inner + at)), f64x2.mul(r, f64x2.sub(one, r)));
    storePair(gates + at, ofReset, isWhole);
    storePair(gates + bytes + at, ofUpdate, isWhole);
    storePair(gates + 2 * bytes + at, ofNew, isWhole);
    storePair(hiddenGradient + at, ofReset, isWhole);
    storePair(hiddenGradient + bytes + at, ofUpdate, isWhole);
    storePair(hiddenGradient + 2 * bytes + at, f64x2.mul(ofNew, r), isWhole);
    storePair(carried + at, f64x2.mul(h, z), isWhole);
  }
}
