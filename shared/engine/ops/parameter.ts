// parameter: a tensor of weights, one for all samples, with the rule for its initial values: trained, or frozen.

import * as v from 'valibot';
import { shapeSchema } from '../graph.ts';
import { type Op, takeInputs } from './op.ts';

const finite = v.pipe(v.number(), v.finite());

/**
 * Initial values. `he`: normal with variance 2 / fan-in (He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015, eq.
 * 10). `xavier`: uniform within ±√(6 / (fan-in + fan-out)) (Glorot, Bengio, "Understanding the difficulty of training
 * deep feedforward neural networks", 2010, eq. 16). Fan-in is the product of all dimensions but the last, fan-out the
 * last times the window of a convolution.
 */
export const initializerSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('he') }),
  v.strictObject({ kind: v.literal('xavier') }),
  v.strictObject({ kind: v.literal('normal'), standardDeviation: v.pipe(finite, v.minValue(0)) }),
  v.strictObject({ kind: v.literal('uniform'), low: finite, high: finite }),
  v.strictObject({ kind: v.literal('constant'), value: finite }),
]);

export type Initializer = v.InferOutput<typeof initializerSchema>;

const attributes = v.strictObject({
  shape: shapeSchema,
  initializer: initializerSchema,
  /** Never changed by training: it is no part of the flat vectors, and has no gradient. */
  frozen: v.exactOptional(v.literal(true)),
});

export type ParameterAttributes = v.InferOutput<typeof attributes>;

export const parameter: Op = {
  name: 'parameter',
  attributes,
  infer(inputs, given, nodeName) {
    takeInputs(inputs, [], nodeName, 'parameter');
    const { shape, frozen } = given as ParameterAttributes;
    return { kind: 'parameter', type: 'f32', shape, ...(frozen === true ? { isFrozen: true } : {}) };
  },
  // Its value has a fixed place; there is nothing to compute.
  forward: () => undefined,
  reference({ node }) {
    throw new Error(`parameter ${node.name} is given to the reference, not computed by it`);
  },
};
