// Losses and metrics that compare each element of an output with a target of the same shape, and give the mean over a
// sample's elements: what PyTorch's `reduction='mean'` gives for a mini-batch.

import * as v from 'valibot';
import { positive } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, shapeText } from '../shape.ts';
import { positiveSum, type SumRange } from '../sum_range.ts';
import { givesGradient, sumType } from './losses.ts';
import {
  inputOf,
  type Mathematics,
  mismatch,
  noAttributes,
  type Op,
  type OpNode,
  requireBatch,
  type TensorType,
  takeInputs,
  valuesOf,
} from './op.ts';

/** Buffers and numbers of a call: `gradient` is 0 where none is asked for. */
interface Comparison {
  readonly sum: Buffer;
  readonly gradient: Buffer | 0;
  readonly output: Buffer;
  readonly target: Buffer;
  readonly elements: number;
  /** 1 over the elements of a sample. */
  readonly factor: number;
}

interface ComparisonDefinition<Schema extends Op['attributes']> {
  readonly name: string;
  readonly attributes: Schema;
  readonly emit: (emit: Emitter, comparison: Comparison, attributes: v.InferOutput<Schema>) => void;
  /** What an element adds, before it is divided by their number. */
  readonly f: (y: number, t: number, mathematics: Mathematics, attributes: v.InferOutput<Schema>) => number;
  readonly sumRange: SumRange;
}

function inferComparison(inputs: Parameters<Op['infer']>[0], nodeName: string, op: string): TensorType {
  const [output, target] = takeInputs(inputs, ['output', 'target'], nodeName, op);
  requireBatch(output, nodeName, op);
  requireBatch(target, nodeName, op);
  if (output.shape.join() !== target.shape.join()) {
    throw mismatch(nodeName, op, `targets ${shapeText(output.shape)}`, shapeText(target.shape));
  }
  return sumType;
}

function metric<const Schema extends Op['attributes']>(definition: ComparisonDefinition<Schema>): Op {
  const { name, attributes, sumRange, f } = definition;
  const attributesOf = (node: OpNode) => node.attributes as v.InferOutput<Schema>;
  return {
    name,
    attributes,
    infer: (inputs, _attributes, nodeName) => inferComparison(inputs, nodeName, name),
    forward(emit, node) {
      if (!givesGradient(emit, node)) definition.emit(emit, comparisonOf(emit, node, 0), attributesOf(node));
    },
    sumRange: () => sumRange,
    reference(given) {
      const [output, target] = [valuesOf(given, 0), valuesOf(given, 1)];
      const size = output.length / given.samples;
      const terms = output.map((y, at) => f(y, target[at] ?? 0, given.mathematics, attributesOf(given.node)));
      return Float64Array.of(terms.reduce((sum, term) => sum + term, 0) / size);
    },
  };
}

/** A loss; its target is data, so nothing is differentiated by it. */
function loss<const Schema extends Op['attributes']>(definition: ComparisonDefinition<Schema>): Op {
  return {
    ...metric(definition),
    gradient(emit, node) {
      const attributes = node.attributes as v.InferOutput<Schema>;
      const [output, target] = [inputOf(node, 0), inputOf(node, 1)];
      if (emit.needsGradient(target)) {
        throw mismatch(node.name, definition.name, 'a target from the data', `${target.name}, which has parameters`);
      }
      emit.contribute(output, (gradient) => definition.emit(emit, comparisonOf(emit, node, gradient), attributes));
    },
  };
}

function comparisonOf(emit: Emitter, node: OpNode, gradient: Buffer | 0): Comparison {
  const [output, target] = [inputOf(node, 0), inputOf(node, 1)];
  return {
    sum: emit.value(node.output),
    gradient,
    output: emit.value(output),
    target: emit.value(target),
    elements: emit.elements(output),
    factor: 1 / elementsOf(output.shape),
  };
}

/** (y − t)². */
export const meanSquaredError = loss({
  name: 'meanSquaredError',
  attributes: noAttributes,
  emit: (emit, { sum, gradient, output, target, elements, factor }) =>
    emit.call('squaredErrors', sum, gradient, output, target, elements, factor),
  f: (y, t) => (y - t) ** 2,
  sumRange: positiveSum,
});

/** ½ (y − t)² up to a distance of delta, and a straight line from there on. */
export const huber = loss({
  name: 'huber',
  attributes: v.strictObject({ delta: v.optional(positive, 1) }),
  emit: (emit, { sum, gradient, output, target, elements, factor }, { delta }) =>
    emit.call('huber', sum, gradient, output, target, elements, delta, factor),
  f(y, t, _mathematics, { delta }) {
    const size = Math.abs(y - t);
    return size <= delta ? 0.5 * size ** 2 : delta * (size - 0.5 * delta);
  },
  sumRange: positiveSum,
});

/** −(t ln σ(y) + (1 − t) ln(1 − σ(y))): y are logits, t says from 0 to 1 whether each label applies. */
export const binaryCrossEntropy = loss({
  name: 'binaryCrossEntropy',
  attributes: noAttributes,
  emit: (emit, { sum, gradient, output, target, elements, factor }) =>
    emit.call('binaryCrossEntropy', sum, gradient, output, target, elements, factor),
  f: (y, t, { exp, log }) => Math.max(y, 0) - y * t + log(1 + exp(-Math.abs(y))),
  // Targets beyond 0 to 1, which make no sense, could make it negative.
  sumRange: { minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY, isWhole: false },
});

/** |y − t|. */
export const meanAbsoluteError = metric({
  name: 'meanAbsoluteError',
  attributes: noAttributes,
  emit: (emit, { sum, output, target, elements, factor }) =>
    emit.call('absoluteErrors', sum, output, target, elements, factor),
  f: (y, t) => Math.abs(y - t),
  sumRange: positiveSum,
});

/** Whether a logit y above 0 meets a target t above ½, or neither is. */
export const binaryAccuracy = metric({
  name: 'binaryAccuracy',
  attributes: noAttributes,
  emit: (emit, { sum, output, target, elements, factor }) =>
    emit.call('binaryAccuracy', sum, output, target, elements, factor),
  f: (y, t) => (y > 0 === t > 0.5 ? 1 : 0),
  sumRange: { minimum: 0, maximum: 1, isWhole: false },
});
