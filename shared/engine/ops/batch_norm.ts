// batchNorm: each channel (element of the last dimension) is normalized over everything else, samples and pixels, then
// scaled by a gain and moved by a bias. Ioffe, Szegedy, "Batch normalization", ICML 2015.
//
// In training the statistics are those of the microbatch, the atom of work, not of the mini-batch: what a sample's
// gradient is then depends on the job alone, not on who computes it together with what. Evaluation and prediction
// normalize with the running statistics: states, which move to the mean over the step's microbatches, each weighing as
// many samples as it has. The running variance is that of an unbiased estimate (n / (n − 1)), as in PyTorch; of a single
// row there is none, and zero counts.
//
// With a frozen gain the whole norm is frozen: in training, too, it normalizes with its running statistics, which stay, so
// that a frozen trunk computes in training what it computes in use.

import * as v from 'valibot';
import { epsilon } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { lastOf, shapeText } from '../shape.ts';
import { takeOverEpilogue } from './epilogue.ts';
import {
  inputOf,
  mismatch,
  type Op,
  type OpNode,
  type ReferenceArguments,
  requireBatch,
  type Tensor,
  takeInputs,
  valuesOf,
} from './op.ts';

const attributes = v.strictObject({
  /** Added to the variance. */
  epsilon: v.optional(epsilon, 1e-5),
});

type Attributes = v.InferOutput<typeof attributes>;

const inputNames = ['x', 'gain', 'bias', 'runningMean', 'runningVariance'] as const;

const inputKinds: readonly Tensor['kind'][] = ['batch', 'parameter', 'parameter', 'state', 'state'];

/** y = (x − mean) / √(variance + epsilon) * gain + bias, of each channel. */
export const batchNorm: Op = {
  name: 'batchNorm',
  attributes,

  infer(inputs, _attributes, nodeName) {
    const [x, ...others] = takeInputs(inputs, inputNames, nodeName, 'batchNorm');
    requireBatch(x, nodeName, 'batchNorm');
    const channels = x.shape.at(-1);
    const misfit = others.find(
      ({ kind, shape }, index) => kind !== inputKinds[index + 1] || shape.length !== 1 || shape[0] !== channels,
    );
    if (channels === undefined || misfit !== undefined) {
      const size = `[${channels ?? 'n'}]`;
      const expected = `parameters gain and bias ${size}, states runningMean and runningVariance ${size} for x ${shapeText(x.shape)}`;
      const found = misfit === undefined ? 'a number' : `${misfit.kind} ${misfit.name} ${shapeText(misfit.shape)}`;
      throw mismatch(nodeName, 'batchNorm', expected, found);
    }
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const { x, gain, bias, rows, columns } = partsOf(emit, node);
    const { means, factors } = statisticsOf(emit, node);
    const { code, output } = takeOverEpilogue(emit, node, ['activation']);
    const [source, gains, offsets] = [emit.value(x), emit.value(gain), emit.value(bias)];
    emit.call('normalizeColumns', output, source, means, factors, gains, offsets, rows, columns, code);
  },

  gradient(emit, node) {
    const { x, gain, bias, rows, columns } = partsOf(emit, node);
    const { means, factors } = statisticsOf(emit, node);
    const [sums, products, source] = [emit.temporary(columns), emit.temporary(columns), emit.value(x)];
    const given = emit.outputGradient(node);
    emit.call('columnGradientSums', sums, products, given, source, means, factors, rows, columns);
    emit.contribute(gain, (target) => emit.call('copy', target, products, columns));
    emit.contribute(bias, (target) => emit.call('copy', target, sums, columns));
    emit.contributeInPlace(x, node, (target, outputGradient) => {
      if (isFixed(node)) {
        const slopes = emit.temporary(columns);
        emit.call('multiply', slopes, emit.value(gain), factors, columns);
        emit.call('multiplyRows', target, outputGradient, slopes, rows, columns);
        return;
      }
      const scratch = emit.temporary(2 * columns);
      const gains = emit.value(gain);
      emit.call(
        'normalizeColumnsGradient',
        target,
        outputGradient,
        source,
        means,
        factors,
        gains,
        sums,
        products,
        scratch,
        rows,
        columns,
      );
    });
  },

  reference(given) {
    const { node, isTraining } = given;
    const { epsilon: added } = node.attributes as Attributes;
    const [x, gain, bias] = [valuesOf(given, 0), valuesOf(given, 1), valuesOf(given, 2)];
    const { means, variances } =
      isTraining && !isFixed(node)
        ? momentsOf(x, gain.length)
        : { means: valuesOf(given, 3), variances: valuesOf(given, 4) };
    return x.map((value, at) => {
      const channel = at % gain.length;
      const normalized = (value - (means[channel] ?? 0)) / Math.sqrt((variances[channel] ?? 0) + added);
      return normalized * (gain[channel] ?? 0) + (bias[channel] ?? 0);
    });
  },
};

function partsOf(emit: Emitter, node: OpNode) {
  const [x, gain, bias] = [inputOf(node, 0), inputOf(node, 1), inputOf(node, 2)];
  return { x, gain, bias, rows: emit.rows(x), columns: lastOf(x.shape) };
}

/** What the program normalizes with, made once for forward and backward. */
function statisticsOf(emit: Emitter, node: OpNode): { readonly means: Buffer; readonly factors: Buffer } {
  const { x, columns } = partsOf(emit, node);
  const [runningMean, runningVariance] = [inputOf(node, 3), inputOf(node, 4)];
  const means = emit.derived(`means of ${node.name}`, () =>
    emit.mode === 'training' && !isFixed(node) ? emit.temporary(columns) : emit.value(runningMean),
  );
  const factors = emit.derived(`factors of ${node.name}`, () => {
    const { epsilon: added } = node.attributes as Attributes;
    const made = emit.temporary(columns);
    if (emit.mode === 'training' && !isFixed(node)) {
      const variances = emit.temporary(columns);
      emit.call('columnMoments', means, variances, emit.value(x), emit.rows(x), columns);
      contributeMoments(emit, node, means, variances);
      emit.call('inverseDeviations', made, variances, columns, added);
    } else {
      emit.call('inverseDeviations', made, emit.value(runningVariance), columns, added);
      contributeAsTheyAre(emit, node);
    }
    return made;
  });
  return { means, factors };
}

/** Whether the statistics are the running ones in training, too. */
function isFixed(node: OpNode): boolean {
  return inputOf(node, 1).isFrozen === true;
}

/** The running statistics, times the samples: what they move to is what they are. */
function contributeAsTheyAre(emit: Emitter, node: OpNode): void {
  const columns = lastOf(inputOf(node).shape);
  for (const state of [inputOf(node, 3), inputOf(node, 4)]) {
    emit.contributeState(state, (target) => emit.call('scale', target, emit.value(state), columns, emit.samples, 0));
  }
}

/** The microbatch's statistics, times its samples. */
function contributeMoments(emit: Emitter, node: OpNode, means: Buffer, variances: Buffer): void {
  const { rows, columns } = partsOf(emit, node);
  const unbiased = (emit.samples * rows) / Math.max(1, rows - 1);
  emit.contributeState(inputOf(node, 3), (target) => emit.call('scale', target, means, columns, emit.samples, 0));
  emit.contributeState(inputOf(node, 4), (target) => emit.call('scale', target, variances, columns, unbiased, 0));
}

function momentsOf(x: ReferenceArguments['inputs'][number], channels: number) {
  const rows = x.length / channels;
  const means = new Float64Array(channels);
  const variances = new Float64Array(channels);
  x.forEach((value, at) => {
    means[at % channels] = (means[at % channels] ?? 0) + value / rows;
  });
  x.forEach((value, at) => {
    const channel = at % channels;
    variances[channel] = (variances[channel] ?? 0) + (value - (means[channel] ?? 0)) ** 2 / rows;
  });
  return { means, variances };
}
