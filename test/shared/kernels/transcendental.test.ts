import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../../shared/engine/generated/kernels.ts';
import { engines, floats, profiles, testValues } from './profiles.ts';

type Name = 'exp' | 'log' | 'tanh' | 'sigmoid';

function evaluate(profile: 'portable' | 'fused', name: Name, values: ArrayLike<number>): Float32Array {
  const engine = engines[profile];
  const output = engine.allocate(4 * values.length);
  const kernel: Kernels[Name] = engine.kernels[name];
  kernel(output, floats(engine, values), values.length);
  return engine.float32(output, values.length).slice();
}

/** The distance from an f32 to its neighbours, at the magnitude of `value`. */
function unitInLastPlace(value: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (exponent - 23);
}

/** The largest distance of the results from the f64 truth, in f32 units in the last place. */
function largestError(results: Float32Array, inputs: Float32Array, truth: (x: number) => number): number {
  return results.reduce((largest, result, at) => {
    const expected = truth(inputs[at] ?? 0);
    return Math.max(largest, Math.abs(result - expected) / unitInLastPlace(expected));
  }, 0);
}

const spread = (factor: number) => testValues(20_000, 7).map((value) => value * factor);

const cases: readonly { name: Name; inputs: Float32Array; truth: (x: number) => number; bound: number }[] = [
  // The bounds are those stated in transcendental.ts; half a unit is the rounding to f32 itself.
  { name: 'exp', inputs: spread(88), truth: Math.exp, bound: 0.5001 },
  { name: 'exp', inputs: spread(0.01), truth: Math.exp, bound: 0.5001 },
  { name: 'log', inputs: spread(1).map((value) => 1 + value / 2), truth: Math.log, bound: 0.5001 },
  { name: 'log', inputs: spread(88).map(Math.exp), truth: Math.log, bound: 0.5001 },
  { name: 'tanh', inputs: spread(10), truth: Math.tanh, bound: 0.501 },
  { name: 'tanh', inputs: spread(0.03), truth: Math.tanh, bound: 0.501 },
  { name: 'sigmoid', inputs: spread(80), truth: (x) => 1 / (1 + Math.exp(-x)), bound: 0.501 },
];

describe('transcendental functions', () => {
  it.each(cases)('$name stays within $bound units in the last place', ({ name, inputs, truth, bound }) => {
    expect(largestError(evaluate('portable', name, inputs), inputs, truth)).toBeLessThanOrEqual(bound);
  });

  it.each(['exp', 'log', 'tanh', 'sigmoid'] as const)('%s gives the same bits in both profiles', (name) => {
    const inputs = name === 'log' ? spread(1).map((value) => value + 1) : spread(20);
    expect(evaluate('fused', name, inputs)).toEqual(evaluate('portable', name, inputs));
  });

  const subnormal = 2 ** -149;
  it.each<{ name: Name; input: number; result: number }>([
    { name: 'exp', input: 0, result: 1 },
    { name: 'exp', input: 89, result: Infinity },
    { name: 'exp', input: Infinity, result: Infinity },
    { name: 'exp', input: -103, result: subnormal },
    { name: 'exp', input: -105, result: 0 },
    { name: 'exp', input: -Infinity, result: 0 },
    { name: 'exp', input: NaN, result: NaN },
    { name: 'log', input: 1, result: 0 },
    { name: 'log', input: 0, result: -Infinity },
    { name: 'log', input: -0, result: -Infinity },
    { name: 'log', input: -1, result: NaN },
    { name: 'log', input: Infinity, result: Infinity },
    { name: 'log', input: subnormal, result: Math.fround(-149 * Math.LN2) },
    { name: 'log', input: NaN, result: NaN },
    { name: 'tanh', input: 0, result: 0 },
    { name: 'tanh', input: -0, result: -0 },
    { name: 'tanh', input: subnormal, result: subnormal },
    { name: 'tanh', input: Infinity, result: 1 },
    { name: 'tanh', input: -3e38, result: -1 },
    { name: 'tanh', input: NaN, result: NaN },
    { name: 'sigmoid', input: 0, result: 0.5 },
    { name: 'sigmoid', input: 3e38, result: 1 },
    { name: 'sigmoid', input: -Infinity, result: 0 },
    { name: 'sigmoid', input: NaN, result: NaN },
  ])('$name of $input is $result', ({ name, input, result }) => {
    for (const profile of profiles) expect(evaluate(profile, name, [input])[0]).toBe(result);
  });
});
