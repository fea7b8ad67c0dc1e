// standardize: y = (x - mean) / deviation along the last dimension, from stored bytes or from f32. The statistics are
// attributes, not parameters: a model carries them with it, so that it can be given raw values wherever it is used.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { shapeText } from '../shape.ts';
import { describeTensor, inputOf, mismatch, type Op, type OpNode, takeInputs, valuesOf } from './op.ts';

const finite = v.pipe(
  v.number(),
  v.check((value) => Number.isFinite(Math.fround(value)), 'expected a number that f32 can hold'),
);
const positive = v.pipe(
  finite,
  v.check((value) => Math.fround(value) > 0, 'expected a number above 0 that f32 can hold'),
);

const attributes = v.strictObject({
  /** One for each position along the last dimension, or one for all. */
  mean: v.pipe(v.array(finite), v.minLength(1)),
  /** As many. */
  deviation: v.pipe(v.array(positive), v.minLength(1)),
});

type Attributes = v.InferOutput<typeof attributes>;

export const standardize: Op = {
  name: 'standardize',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'standardize');
    if (x.kind !== 'batch' || x.type === 'i32') {
      throw mismatch(nodeName, 'standardize', 'a u8 or f32 tensor of each sample', describeTensor(x));
    }
    const { mean, deviation } = given as Attributes;
    const columns = x.shape.at(-1) ?? 1;
    if (mean.length !== deviation.length || (mean.length !== 1 && mean.length !== columns)) {
      const expected = `1 or ${columns} means and as many deviations for x ${shapeText(x.shape)}`;
      throw mismatch(nodeName, 'standardize', expected, `${mean.length} and ${deviation.length}`);
    }
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = inputOf(node);
    const output = emit.value(node.output);
    if (x.type === 'u8') emit.call('scaleBytes', output, emit.value(x), emit.elements(x), 1, 0);
    const input = x.type === 'u8' ? output : emit.value(x);
    const { buffer, period } = constantsOf(emit, node);
    emit.call('standardize', output, input, buffer, emit.elements(x), period, 1);
  },

  gradient(emit, node) {
    const x = inputOf(node);
    const { buffer, period } = constantsOf(emit, node);
    emit.contributeInPlace(x, node, (target, outputGradient) =>
      emit.call('standardize', target, outputGradient, buffer, emit.elements(x), period, 0),
    );
  },

  reference(given) {
    const { mean, deviation } = given.node.attributes as Attributes;
    const columns = mean.length;
    return valuesOf(given).map((x, at) => {
      const column = at % columns;
      return (x - Math.fround(mean[column] ?? 0)) / Math.fround(deviation[column] ?? 1);
    });
  },
};

/** Means and deviations as the kernel reads them, repeated so that four neighbours are always four lanes. */
function constantsOf(emit: Emitter, node: OpNode): { readonly buffer: Buffer; readonly period: number } {
  const { mean, deviation } = node.attributes as Attributes;
  const pattern = mean.length;
  const period = pattern % 4 === 0 ? pattern : 4 * pattern;
  const buffer = emit.prepared(`standardization ${node.name}`, 8 * period, (program, constants) => {
    for (let at = 0; at < period; at++) {
      program.call('putElement', constants, at, mean[at % pattern] ?? 0);
      program.call('putElement', constants, period + at, deviation[at % pattern] ?? 1);
    }
  });
  return { buffer, period };
}
