// randomNoise: augmentation, as in augmentation.ts, for tensors of any shape; behind layers, too, for gradients pass.

import * as v from 'valibot';
import { positive } from '../../json/numbers.ts';
import { purposes } from '../../random/philox.ts';
import { elementsOf } from '../shape.ts';
import { drawAttributes, drawOf, wordsOf } from './draws.ts';
import { inputOf, type Mathematics, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({ standardDeviation: positive, ...drawAttributes });

type Attributes = v.InferOutput<typeof attributes>;

/** x plus normal noise, another number for each element; any shape to the same shape. */
export const randomNoise: Op = {
  name: 'randomNoise',
  attributes,

  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'randomNoise');
    requireBatch(x, nodeName, 'randomNoise');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = inputOf(node);
    if (emit.mode !== 'training') {
      emit.aliasValue(node.output, emit.value(x));
      return;
    }
    const { standardDeviation } = node.attributes as Attributes;
    const given = [emit.value(node.output), emit.value(x), emit.samples, elementsOf(x.shape)] as const;
    emit.call('addNoise', ...given, standardDeviation, ...drawOf(emit, node, purposes.augmentation));
  },

  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, given) => {
      if (target !== given) emit.call('copy', target, given, emit.elements(x));
    });
  },

  reference(given) {
    const { standardDeviation } = given.node.attributes as Attributes;
    const elements = elementsOf(given.node.output.shape);
    return valuesOf(given).map((value, at) => {
      if (!given.isTraining) return value;
      const [sample, element] = [Math.floor(at / elements), at % elements];
      const word = wordsOf(given, purposes.augmentation, sample, Math.floor(element / 4))[element % 4] ?? 0;
      return value + standardDeviation * inverseNormal((word + 0.5) / 2 ** 32, given.mathematics);
    });
  },
};

/** As the kernel has it: Wichura, algorithm AS 241, routine PPND7. */
function inverseNormal(probability: number, { log }: Mathematics): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const numerator = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
    return (q * numerator) / (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const r = Math.sqrt(-log(q < 0 ? probability : 1 - probability)) - 1.6;
  const numerator = ((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777;
  const x = numerator / ((0.12021132975 * r + 0.7370016425) * r + 1);
  return q < 0 ? -x : x;
}
