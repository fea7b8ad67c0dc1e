// groupNorm: each sample's channels (the last dimension) are normalized in groups, over all of the group's elements, then
// scaled by a gain and moved by a bias for each channel. Wu, He, "Group normalization", ECCV 2018. One group is a layer norm
// over the whole sample, as many as channels an instance norm.

import * as v from 'valibot';
import { epsilon, wholeNumber } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import { elementsOf, lastOf, shapeText } from '../shape.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

export const groupsSchema = wholeNumber(1, 2 ** 16);

const attributes = v.strictObject({
  groups: groupsSchema,
  /** Added to the variance. */
  epsilon: v.optional(epsilon, 1e-5),
});

type Attributes = v.InferOutput<typeof attributes>;

/** y = (x − mean) / √(variance + epsilon) * gain + bias, of each group of each sample. */
export const groupNorm: Op = {
  name: 'groupNorm',
  attributes,

  infer(inputs, given, nodeName) {
    const [x, ...parameters] = takeInputs(inputs, ['x', 'gain', 'bias'], nodeName, 'groupNorm');
    requireBatch(x, nodeName, 'groupNorm');
    const { groups } = given as Attributes;
    const channels = x.shape.at(-1);
    if (channels === undefined || channels % groups !== 0) {
      throw mismatch(nodeName, 'groupNorm', `channels that ${groups} groups divide`, shapeText(x.shape));
    }
    const misfit = parameters.find(
      ({ kind, shape }) => kind !== 'parameter' || shape.length !== 1 || shape[0] !== channels,
    );
    if (misfit !== undefined) {
      const expected = `parameters [${channels}] for x ${shapeText(x.shape)}`;
      throw mismatch(nodeName, 'groupNorm', expected, `${misfit.kind} ${shapeText(misfit.shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const { x, gain, bias, means, factors, geometry } = partsOf(emit, node);
    const { epsilon: added } = node.attributes as Attributes;
    const output = emit.value(node.output);
    const [source, gains, offsets] = [emit.value(x), emit.value(gain), emit.value(bias)];
    emit.call('normalizeGroups', output, means, factors, source, gains, offsets, ...geometry, added);
  },

  gradient(emit, node) {
    const { x, gain, bias, means, factors, geometry } = partsOf(emit, node);
    const [source, given] = [emit.value(x), emit.outputGradient(node)];
    emit.contribute(gain, (target) =>
      emit.call('groupGainGradient', target, given, source, means, factors, ...geometry),
    );
    emit.contribute(bias, (target) => emit.call('sumRows', target, given, emit.rows(x), lastOf(x.shape)));
    emit.contributeInPlace(x, node, (target, outputGradient) =>
      emit.call(
        'normalizeGroupsGradient',
        target,
        outputGradient,
        source,
        means,
        factors,
        emit.value(gain),
        ...geometry,
      ),
    );
  },

  reference(given) {
    const { groups, epsilon: added } = given.node.attributes as Attributes;
    const [x, gain, bias] = [valuesOf(given, 0), valuesOf(given, 1), valuesOf(given, 2)];
    const elements = elementsOf(given.node.output.shape);
    const groupOf = (at: number) =>
      Math.floor(at / elements) * groups + Math.floor(((at % gain.length) * groups) / gain.length);
    const count = elements / groups;
    const sumsOf = (values: Float64Array) => {
      const sums = new Float64Array(given.samples * groups);
      values.forEach((value, at) => {
        sums[groupOf(at)] = (sums[groupOf(at)] ?? 0) + value / count;
      });
      return sums;
    };
    const means = sumsOf(x);
    const centred = x.map((value, at) => value - (means[groupOf(at)] ?? 0));
    const variances = sumsOf(centred.map((value) => value ** 2));
    return centred.map((value, at) => {
      const normalized = value / Math.sqrt((variances[groupOf(at)] ?? 0) + added);
      return normalized * (gain[at % gain.length] ?? 0) + (bias[at % gain.length] ?? 0);
    });
  },
};

/** The node's inputs, what forward leaves for backward, and the kernels' arguments. */
function partsOf(emit: Emitter, node: OpNode) {
  const [x, gain, bias] = [inputOf(node, 0), inputOf(node, 1), inputOf(node, 2)];
  const { groups } = node.attributes as Attributes;
  const channels = lastOf(x.shape);
  const statistics = emit.samples * groups;
  return {
    x,
    gain,
    bias,
    means: emit.derived(`means of ${node.name}`, () => emit.temporary(statistics)),
    factors: emit.derived(`factors of ${node.name}`, () => emit.temporary(statistics)),
    geometry: [emit.samples, elementsOf(x.shape) / channels, channels, groups] as const,
  };
}
