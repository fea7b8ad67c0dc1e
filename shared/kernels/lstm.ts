// LSTM (S. Hochreiter, J. Schmidhuber, 1997, with the forget gate of F. Gers and others, 2000) over whole sequences, in the
// order of PyTorch's gates: input i, forget f, cell g, output o.
//
//   i, f, o = σ(x W + b + h U), g = tanh(x W + b + h U), c' = f c + i g, h' = o tanh c'
//
// Tensors are [samples, steps, …]; h and c are 0 in front of the first step. A gate's sum is one chain: over the inputs,
// the bias, then on over the hidden units. What follows is computed in f64, and rounded where it is stored.

import { loadPair, sigmoid64Lanes, storePair, tanh64Lanes } from './internal/double_lanes';
import { copyRows, stepProduct } from './internal/recurrence';

/**
 * output = h, cells = c of every step. `gates` holds x W + b, [samples, steps, 4 units], and is left holding i, f, g and o.
 * `packedRecurrent` is U [units, 4 units]; `scratch` has room for [samples, 4 units].
 */
export function lstm(
  output: usize, cells: usize, gates: usize, packedRecurrent: usize, scratch: usize, samples: i32, steps: i32, units: i32,
): void {
  const bytes = <usize>units << 2;
  const row = bytes << 2;
  const sequence = <usize>steps * bytes;
  const gateSequence = <usize>steps * row;
  for (let step = 0; step < steps; step++, output += bytes, cells += bytes, gates += row) {
    copyRows(scratch, row, gates, gateSequence, samples, row);
    if (step > 0) {
      stepProduct(scratch, output - bytes, sequence, packedRecurrent, samples, units << 2, units, true, 0);
    }
    for (let sample = 0; sample < samples; sample++) {
      const at = <usize>sample * sequence;
      const sums = scratch + <usize>sample * row;
      advance(output + at, cells + at, gates + <usize>sample * gateSequence, sums, units, step > 0);
    }
  }
}

/** One step of one sample. */
function advance(output: usize, cells: usize, gates: usize, sums: usize, units: i32, hasPast: bool): void {
  const bytes = <usize>units << 2;
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const i = sigmoid64Lanes(loadPair(sums + at));
    const f = sigmoid64Lanes(loadPair(sums + bytes + at));
    const g = tanh64Lanes(loadPair(sums + 2 * bytes + at));
    const o = sigmoid64Lanes(loadPair(sums + 3 * bytes + at));
    let c = f64x2.mul(i, g);
    if (hasPast) c = f64x2.add(f64x2.mul(f, loadPair(cells - bytes + at)), c);
    storePair(gates + at, i, isWhole);
    storePair(gates + bytes + at, f, isWhole);
    storePair(gates + 2 * bytes + at, g, isWhole);
    storePair(gates + 3 * bytes + at, o, isWhole);
    storePair(cells + at, c, isWhole);
    storePair(output + at, f64x2.mul(o, tanh64Lanes(c)), isWhole);
  }
}

/**
 * gates = the gradient of x W + b, from the gradient of all h and from what `lstm` left: i, f, g and o in `gates`, c in
 * `cells`. `packedTransposed` is Uᵀ [4 units, units]; `scratch` has room for [2, samples, units].
 */
export function lstmGradient(
  gates: usize, outputGradient: usize, cells: usize, packedTransposed: usize, scratch: usize, samples: i32, steps: i32,
  units: i32,
): void {
  const bytes = <usize>units << 2;
  const row = bytes << 2;
  const sequence = <usize>steps * bytes;
  const gateSequence = <usize>steps * row;
  const carried = scratch + <usize>samples * bytes;
  memory.fill(carried, 0, <usize>samples * bytes);
  for (let step = steps - 1; step >= 0; step--) {
    const past = <usize>step * bytes;
    const now = gates + <usize>step * row;
    copyRows(scratch, bytes, outputGradient + past, sequence, samples, bytes);
    if (step + 1 < steps) {
      stepProduct(scratch, now + row, gateSequence, packedTransposed, samples, units, units << 2, true, 0);
    }
    for (let sample = 0; sample < samples; sample++) {
      const own = <usize>sample * bytes;
      const cell = cells + past + <usize>sample * sequence;
      goBack(now + <usize>sample * gateSequence, scratch + own, carried + own, cell, units, step > 0);
    }
  }
}

/** One step of one sample: `carried` is the gradient of c that the next step has left, and becomes that of this step's. */
function goBack(gates: usize, gradient: usize, carried: usize, cells: usize, units: i32, hasPast: bool): void {
  const bytes = <usize>units << 2;
  const one = f64x2.splat(1);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const i = loadPair(gates + at);
    const f = loadPair(gates + bytes + at);
    const g = loadPair(gates + 2 * bytes + at);
    const o = loadPair(gates + 3 * bytes + at);
    const h = loadPair(gradient + at);
    const tanh = tanh64Lanes(loadPair(cells + at));
    const slope = f64x2.mul(o, f64x2.sub(one, f64x2.mul(tanh, tanh)));
    const c = f64x2.add(loadPair(carried + at), f64x2.mul(h, slope));
    const past = hasPast ? loadPair(cells - bytes + at) : f64x2.splat(0);
    storePair(gates + at, f64x2.mul(f64x2.mul(c, g), f64x2.mul(i, f64x2.sub(one, i))), isWhole);
    storePair(gates + bytes + at, f64x2.mul(f64x2.mul(c, past), f64x2.mul(f, f64x2.sub(one, f))), isWhole);
    storePair(gates + 2 * bytes + at, f64x2.mul(f64x2.mul(c, i), f64x2.sub(one, f64x2.mul(g, g))), isWhole);
    storePair(gates + 3 * bytes + at, f64x2.mul(f64x2.mul(h, tanh), f64x2.mul(o, f64x2.sub(one, o))), isWhole);
    storePair(carried + at, f64x2.mul(c, f), isWhole);
  }
}

/** output[sample, step] = input[sample, step − 1], and 0 at the first step: what a recurrent weight was multiplied by. */
export function previousSteps(output: usize, input: usize, samples: i32, steps: i32, units: i32): void {
  const bytes = <usize>units << 2;
  const others = <usize>(steps - 1) * bytes;
  for (let sample = 0; sample < samples; sample++, output += others + bytes, input += others + bytes) {
    memory.fill(output, 0, bytes);
    memory.copy(output + bytes, input, others);
  }
}
