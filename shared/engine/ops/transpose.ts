// transpose: the dimensions of each sample in another order.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, type Shape, shapeText } from '../shape.ts';
import { stridesOf, walkOf } from './broadcast.ts';
import { inputOf, mismatch, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({
  /** For each dimension of the output, the one of x that it is; reversed if left out. */
  order: v.exactOptional(v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(6))),
});

type Attributes = v.InferOutput<typeof attributes>;

export const transpose: Op = {
  name: 'transpose',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'transpose');
    requireBatch(x, nodeName, 'transpose');
    const order = orderOf(given as Attributes, x.shape);
    if ([...order].sort((one, other) => one - other).join() !== [...x.shape.keys()].join()) {
      const expected = `an order of the dimensions 0 to ${x.shape.length - 1} of x ${shapeText(x.shape)}`;
      throw mismatch(nodeName, 'transpose', expected, shapeText(order));
    }
    return { kind: 'batch', type: 'f32', shape: permuted(x.shape, order) };
  },

  forward(emit, node) {
    const x = inputOf(node);
    const order = orderOf(node.attributes as Attributes, x.shape);
    emitPermuted(emit, emit.value(node.output), emit.value(x), x.shape, order);
  },

  gradient(emit, node) {
    const x = inputOf(node);
    const order = orderOf(node.attributes as Attributes, x.shape);
    const back = order.map((_, dimension) => order.indexOf(dimension));
    emit.contribute(x, (target) => emitPermuted(emit, target, emit.outputGradient(node), node.output.shape, back));
  },

  reference(given) {
    const { node } = given;
    const { shape } = inputOf(node);
    const x = valuesOf(given);
    const strides = permuted(stridesOf(shape), orderOf(node.attributes as Attributes, shape));
    const elements = elementsOf(shape);
    return x.map((_, at) => {
      let [index, left] = [at - (at % elements), at % elements];
      for (let dimension = strides.length - 1; dimension >= 0; dimension--) {
        const size = node.output.shape[dimension] ?? 1;
        index += (left % size) * (strides[dimension] ?? 0);
        left = Math.floor(left / size);
      }
      return x[index] ?? 0;
    });
  },
};

function orderOf({ order }: Attributes, shape: Shape): readonly number[] {
  return order ?? [...shape.keys()].reverse();
}

function permuted(shape: Shape, order: readonly number[]): Shape {
  return order.map((dimension) => shape[dimension] ?? 1);
}

function emitPermuted(emit: Emitter, to: Buffer, from: Buffer, shape: Shape, order: readonly number[]): void {
  const walk = walkOf(permuted(shape, order), permuted(stridesOf(shape), order));
  emit.call('gather', to, from, emit.samples, elementsOf(shape), ...walk);
}
