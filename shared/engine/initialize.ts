// Initial weights: each tensor from its initializer, by counter, so that they are a function of the seed alone.

import { purposes, seedHalves } from '../random/philox.ts';
import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import type { ParameterLayout } from './model.ts';

/**
 * Fills the tensors of one vector that begins at `base`. `seed` is an integer from 0 to 2^53 − 1. What a tensor begins with
 * does not depend on whether others are frozen.
 */
export function initializeParameters(
  engine: Engine,
  tensors: ParameterLayout['tensors'],
  base: Pointer,
  seed: number,
): void {
  for (const tensor of tensors) {
    fill(engine, tensor, (base + 4 * tensor.offset) as Pointer, seedHalves(seed), tensor.draw);
  }
}

function fill(
  { kernels }: Engine,
  { elements, initializer, shape }: ParameterLayout['tensors'][number],
  pointer: Pointer,
  seed: { readonly low: number; readonly high: number },
  index: number,
): void {
  const counter = [seed.low, seed.high, purposes.initialWeights, index] as const;
  const { fanIn, fanOut } = fansOf(shape);
  switch (initializer.kind) {
    case 'he':
      kernels.fillNormal(pointer, elements, ...counter, Math.sqrt(2 / fanIn));
      break;
    case 'xavier': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      kernels.fillUniform(pointer, elements, ...counter, -limit, limit);
      break;
    }
    case 'normal':
      kernels.fillNormal(pointer, elements, ...counter, initializer.standardDeviation);
      break;
    case 'uniform':
      kernels.fillUniform(pointer, elements, ...counter, initializer.low, initializer.high);
      break;
    case 'constant':
      kernels.fill(pointer, elements, initializer.value);
      break;
    default:
      initializer satisfies never;
  }
}

/** Inputs that reach an output, and outputs that an input reaches: [in, out], or [height, width, in, out]. */
function fansOf(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  const outputs = shape.at(-1) ?? 1;
  const inputs = shape.at(-2) ?? 1;
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: window * inputs, fanOut: window * outputs };
}
