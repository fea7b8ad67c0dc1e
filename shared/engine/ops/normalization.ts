// layerNorm and rmsNorm: rows along the last dimension are normalized, then scaled by a gain and, in layerNorm, moved by a
// bias; both are parameters of that length.

import * as v from 'valibot';
import { epsilon } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import { lastOf, shapeText } from '../shape.ts';
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

function normalization(name: 'layerNorm' | 'rmsNorm', inputNames: readonly string[], isCentred: boolean): Op {
  const centred = isCentred ? 1 : 0;
  return {
    name,
    attributes,

    infer(inputs, _attributes, nodeName) {
      const [x, ...parameters] = takeInputs(inputs, inputNames, nodeName, name) as readonly [Tensor, ...Tensor[]];
      requireBatch(x, nodeName, name);
      const columns = x.shape.at(-1);
      const isFit = ({ kind, shape }: Tensor) => kind === 'parameter' && shape.length === 1 && shape[0] === columns;
      const misfit = parameters.find((parameter) => !isFit(parameter));
      if (columns === undefined || misfit !== undefined) {
        const found = misfit === undefined ? 'a number' : `${misfit.kind} ${shapeText(misfit.shape)}`;
        throw mismatch(nodeName, name, `parameters [${columns ?? 'n'}] for x ${shapeText(x.shape)}`, found);
      }
      return { kind: 'batch', type: 'f32', shape: x.shape };
    },

    forward(emit, node) {
      const { x, gain, bias, normalized, factors } = partsOf(emit, node);
      const { epsilon: added } = node.attributes as Attributes;
      emit.call(
        'normalizeRows',
        emit.value(node.output),
        normalized,
        factors,
        emit.value(x),
        emit.value(gain),
        bias === undefined ? 0 : emit.value(bias),
        emit.rows(x),
        lastOf(x.shape),
        added,
        centred,
      );
    },

    gradient: (emit, node) => emitGradient(emit, node, centred),

    reference: (given) => normalizedRows(given, isCentred),
  };
}

/** y = (x − mean) / √(variance + epsilon) * gain + bias, of each row. */
export const layerNorm = normalization('layerNorm', ['x', 'gain', 'bias'], true);

/** y = x / √(mean of x² + epsilon) * gain, of each row. */
export const rmsNorm = normalization('rmsNorm', ['x', 'gain'], false);

function emitGradient(emit: Emitter, node: OpNode, centred: 0 | 1): void {
  const { x, gain, bias, normalized, factors } = partsOf(emit, node);
  const [rows, columns] = [emit.rows(x), lastOf(x.shape)];
  emit.contribute(gain, (target) =>
    emit.call('sumRowProducts', target, emit.outputGradient(node), normalized, rows, columns),
  );
  if (bias !== undefined) {
    emit.contribute(bias, (target) => emit.call('sumRows', target, emit.outputGradient(node), rows, columns));
  }
  emit.contributeInPlace(x, node, (target, outputGradient) =>
    emit.call(
      'normalizeRowsGradient',
      target,
      outputGradient,
      normalized,
      factors,
      emit.value(gain),
      rows,
      columns,
      centred,
    ),
  );
}

/** The node's inputs, and what forward leaves for backward. */
function partsOf(emit: Emitter, node: OpNode) {
  const [x, gain] = [inputOf(node, 0), inputOf(node, 1)];
  return {
    x,
    gain,
    bias: node.inputs[2],
    normalized: emit.derived(`normalized rows of ${node.name}`, () => emit.temporary(emit.elements(x))),
    factors: emit.derived(`factors of ${node.name}`, () => emit.temporary(emit.rows(x))),
  };
}

function normalizedRows(given: ReferenceArguments, isCentred: boolean): Float64Array {
  const { epsilon: added } = given.node.attributes as Attributes;
  const [x, gain] = [valuesOf(given, 0), valuesOf(given, 1)];
  const bias = isCentred ? valuesOf(given, 2) : new Float64Array(gain.length);
  const output = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += gain.length) {
    const row = x.subarray(first, first + gain.length);
    const mean = isCentred ? meanOf(row) : 0;
    const deviation = Math.sqrt(meanOf(row.map((value) => (value - mean) ** 2)) + added);
    row.forEach((value, at) => {
      output[first + at] = ((value - mean) / deviation) * (gain[at] ?? 0) + (bias[at] ?? 0);
    });
  }
  return output;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
