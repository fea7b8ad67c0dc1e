// The transcendental functions, element by element: computed in f64 by internal/functions.ts or its
// twin double_lanes.ts, rounded once to f32.

import { loadPair, sigmoid64Lanes, storePair, tanh64Lanes } from './internal/double_lanes';
import { exp64, log64 } from './internal/functions';

/** output = e^input, element by element. Its own kernel for the tests; softmax and the activations use exp64 within. */
export function exp(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    store<f32>(output, <f32>exp64(load<f32>(input)));
  }
}

/** output = natural logarithm of input, element by element. */
export function log(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    store<f32>(output, <f32>log64(load<f32>(input)));
  }
}

/** output = tanh input, element by element. */
export function tanh(output: usize, input: usize, elements: i32): void {
  for (; elements > 0; elements -= 2, input += 8, output += 8) {
    storePair(output, tanh64Lanes(loadPair(input)), elements > 1);
  }
}

/** output = 1 / (1 + e^−input), element by element. */
export function sigmoid(output: usize, input: usize, elements: i32): void {
  for (; elements > 0; elements -= 2, input += 8, output += 8) {
    storePair(output, sigmoid64Lanes(loadPair(input)), elements > 1);
  }
}
