// The transcendental functions, element by element: computed in f64 by internal/functions.ts, rounded once to f32.

import { exp64, log64, sigmoid64, tanh64 } from './internal/functions';

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
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    store<f32>(output, <f32>tanh64(load<f32>(input)));
  }
}

/** output = 1 / (1 + e^−input), element by element. */
export function sigmoid(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    store<f32>(output, <f32>sigmoid64(load<f32>(input)));
  }
}
