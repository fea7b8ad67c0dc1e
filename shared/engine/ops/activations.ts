// The activations: y = f(x), element by element. Where the slope is a function of y, the gradient is computed from that, so
// that x need not be kept.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import { erfc } from '../error_function.ts';
import type { Buffer } from '../program.ts';
import {
  inputOf,
  type Mathematics,
  noAttributes,
  type Op,
  type OpNode,
  requireBatch,
  takeInputs,
  valuesOf,
} from './op.ts';

interface ActivationDefinition<Schema extends Op['attributes']> {
  readonly name: string;
  readonly attributes: Schema;
  /** Emits y = f(x). */
  readonly forward: (emit: Emitter, y: Buffer, x: Buffer, elements: number, attributes: v.InferOutput<Schema>) => void;
  /** What the gradient is computed from. */
  readonly slopeFrom: 'x' | 'y';
  /** Emits gradient = outputGradient * slope; the two may be one buffer. */
  readonly gradient: (
    emit: Emitter,
    buffers: { readonly gradient: Buffer; readonly outputGradient: Buffer; readonly from: Buffer },
    elements: number,
    attributes: v.InferOutput<Schema>,
  ) => void;
  readonly f: (x: number, mathematics: Mathematics, attributes: v.InferOutput<Schema>) => number;
  /** Which side of a kink x is on. */
  readonly choiceOf?: (x: number, attributes: v.InferOutput<Schema>) => number;
}

function activation<const Schema extends Op['attributes']>(definition: ActivationDefinition<Schema>): Op {
  const { name, attributes, slopeFrom, choiceOf } = definition;
  // Parsed by the schema above when the node was built.
  const attributesOf = (node: OpNode) => node.attributes as v.InferOutput<Schema>;
  return {
    name,
    attributes,
    infer(inputs, _attributes, nodeName) {
      const [x] = takeInputs(inputs, ['x'], nodeName, name);
      requireBatch(x, nodeName, name);
      return { kind: 'batch', type: 'f32', shape: x.shape };
    },
    forward(emit, node) {
      const x = inputOf(node);
      definition.forward(emit, emit.value(node.output), emit.value(x), emit.elements(x), attributesOf(node));
    },
    gradient(emit, node) {
      const x = inputOf(node);
      const from = emit.value(slopeFrom === 'x' ? x : node.output);
      emit.contributeInPlace(x, node, (gradient, outputGradient) =>
        definition.gradient(emit, { gradient, outputGradient, from }, emit.elements(x), attributesOf(node)),
      );
    },
    reference(given) {
      return valuesOf(given).map((x) => {
        if (choiceOf !== undefined) given.choose(choiceOf(x, attributesOf(given.node)));
        return definition.f(x, given.mathematics, attributesOf(given.node));
      });
    },
  };
}

/** One without attributes, by the names of its kernels. */
function plain(
  name: 'relu' | 'sigmoid' | 'tanh' | 'silu' | 'softplus',
  slopeFrom: 'x' | 'y',
  f: (x: number, mathematics: Mathematics) => number,
  choiceOf?: (x: number) => number,
): Op {
  return activation({
    name,
    attributes: noAttributes,
    forward: (emit, y, x, elements) => emit.call(name, y, x, elements),
    slopeFrom,
    gradient: (emit, { gradient, outputGradient, from }, elements) =>
      emit.call(`${name}Gradient`, gradient, outputGradient, from, elements),
    f,
    ...(choiceOf && { choiceOf }),
  });
}

const isPositive = (x: number) => (x > 0 ? 1 : 0);

/** y = max(x, 0). Its kink at 0 has the gradient 0. */
export const relu: Op = {
  ...plain('relu', 'y', (x) => Math.max(x, 0), isPositive),
  epilogue: () => ({ kind: 'activation', activation: 'relu' }),
};

/** y = 1 / (1 + e^−x). */
export const sigmoid = plain('sigmoid', 'y', (x, { exp }) => 1 / (1 + exp(-x)));

/** y = tanh x. */
export const tanh = plain('tanh', 'y', (x, mathematics) => mathematics.tanh(x));

/** y = x / (1 + e^−x). */
export const silu = plain('silu', 'x', (x, { exp }) => x / (1 + exp(-x)));

/** y = ln(1 + e^x). */
export const softplus = plain('softplus', 'x', (x, { exp, log }) => Math.max(x, 0) + log(1 + exp(-Math.abs(x))));

/** y = x where it is positive, else slope * x. Its kink at 0 has the gradient of the negative side. */
export const leakyRelu = activation({
  name: 'leakyRelu',
  attributes: v.strictObject({ slope: v.optional(v.pipe(v.number(), v.finite()), 0.01) }),
  forward: (emit, y, x, elements, { slope }) => emit.call('leakyRelu', y, x, elements, slope),
  slopeFrom: 'x',
  gradient: (emit, { gradient, outputGradient, from }, elements, { slope }) =>
    emit.call('leakyReluGradient', gradient, outputGradient, from, elements, slope),
  f: (x, _mathematics, { slope }) => (x < 0 ? slope * x : x),
  choiceOf: isPositive,
});

/** What values are clipped to. */
export const boundSchema = v.pipe(v.number(), v.finite());

/** y = x, but no less than low and no more than high. At both kinks the gradient passes. */
export const clip = activation({
  name: 'clip',
  attributes: v.pipe(
    v.strictObject({ low: boundSchema, high: boundSchema }),
    v.check(({ low, high }) => low < high, 'expected a low below high'),
  ),
  forward: (emit, y, x, elements, { low, high }) => emit.call('clip', y, x, elements, low, high),
  slopeFrom: 'x',
  gradient: (emit, { gradient, outputGradient, from }, elements, { low, high }) =>
    emit.call('clipGradient', gradient, outputGradient, from, elements, low, high),
  f: (x, _mathematics, { low, high }) => Math.min(Math.max(x, low), high),
  choiceOf: (x, { low, high }) => (x < low ? 0 : x > high ? 2 : 1),
});

const geluKernels = {
  tanh: { forward: 'gelu', gradient: 'geluGradient' },
  exact: { forward: 'geluExact', gradient: 'geluExactGradient' },
} as const;

/** How GELU is computed: by the normal distribution, or by tanh in its place. */
export const geluFormSchema = v.picklist(['tanh', 'exact']);

/** y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), or, exactly, x Φ(x) with the normal distribution Φ. */
export const gelu = activation({
  name: 'gelu',
  attributes: v.strictObject({ form: v.optional(geluFormSchema, 'tanh') }),
  forward: (emit, y, x, elements, { form }) => emit.call(geluKernels[form].forward, y, x, elements),
  slopeFrom: 'x',
  gradient: (emit, { gradient, outputGradient, from }, elements, { form }) =>
    emit.call(geluKernels[form].gradient, gradient, outputGradient, from, elements),
  f: (x, { tanh, exp }, { form }) =>
    form === 'exact'
      ? 0.5 * x * erfc(-x / Math.SQRT2, exp)
      : 0.5 * x * (1 + tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
});
