// Weights by name, as they leave a model.

import { elementsOf, type Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';

/** Parameters and states by name, flat and row-major. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** @throws {InputError} if there are none of that name. */
export function findWeights(weights: Weights, name: string): Float32Array {
  const values = weights.get(name);
  if (values === undefined) throw new InputError(`tensor ${name} is missing`);
  return values;
}

export interface Reordered {
  readonly values: Float32Array;
  readonly shape: Shape;
}

/** The dimensions in another order: dimension i of the result is dimension `order[i]`. */
export function reorder(values: Float32Array, shape: Shape, order: readonly number[]): Reordered {
  const moved = order.map((dimension) => shape[dimension] ?? 1);
  const strides = shape.map((_, dimension) => elementsOf(shape.slice(dimension + 1)));
  const steps = order.map((dimension) => strides[dimension] ?? 1);
  const result = values.map((_, at) => values[place(at, moved, steps)] ?? 0);
  return { values: result, shape: moved };
}

/** Where the element at a place of the result is. */
function place(at: number, sizes: Shape, steps: readonly number[]): number {
  let [rest, from] = [at, 0];
  for (let dimension = sizes.length - 1; dimension >= 0; dimension--) {
    const size = sizes[dimension] ?? 1;
    from += (rest % size) * (steps[dimension] ?? 1);
    rest = Math.floor(rest / size);
  }
  return from;
}

/** The bytes of numbers, little-endian as WebAssembly's. */
export function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
