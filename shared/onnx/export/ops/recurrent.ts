// Recurrent ops: ONNX has the steps in front of the samples, weights [directions, gates * units, inputs], and the gates in
// an order of its own.

import { inputOf, type OpNode, type Tensor } from '../../../engine/ops/op.ts';
import { lastOf } from '../../../engine/shape.ts';
import { reorder } from '../../../export/weights.ts';
import type { AttributeValues, OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

interface Recurrence {
  readonly opType: string;
  /** For each of ONNX's gates, the place of ours. */
  readonly gates: readonly number[];
  readonly attributes?: AttributeValues;
}

function recurrent(op: string, { opType, gates, attributes }: Recurrence): OpExporter {
  return {
    op,
    write(to, node) {
      const units = lastOf(node.output.shape);
      const weights = [1, 2].map((index) => weight(to, inputOf(node, index), gates));
      const bias = biases(to, node, gates);
      const sequence = to.step('Transpose', [to.value(inputOf(node))], { perm: [1, 0, 2] });
      const given = { hidden_size: units, ...attributes };
      const both = to.step(opType, [sequence, ...weights, bias], given);
      const oneWay = to.step('Squeeze', [both, to.integers([1])]);
      to.write(node, 'Transpose', [oneWay], { perm: [1, 0, 2] });
    },
  };
}

/** From [inputs, gates * units] to [1, gates * units, inputs]. */
function weight(to: OnnxWriter, tensor: Tensor, gates: readonly number[]): string {
  const { values, shape } = reorder(to.weightsOf(tensor), tensor.shape, [1, 0]);
  return to.constant(tensor.name, inOrder(values, gates), [1, ...shape]);
}

/** The bias of the inputs, and behind it that of the units: zeros, where there is none. */
function biases(to: OnnxWriter, node: OpNode, gates: readonly number[]): string {
  const [own, ...others] = node.inputs.slice(3).map((tensor) => inOrder(to.weightsOf(tensor), gates));
  const first = own ?? new Float32Array();
  const second = others[0] ?? new Float32Array(first.length);
  return to.constant(`${node.name}.biases`, Float32Array.of(...first, ...second), [1, 2 * first.length]);
}

/** Blocks, one for each gate, in ONNX's order. */
function inOrder(values: Float32Array, gates: readonly number[]): Float32Array {
  const block = values.length / gates.length;
  const ordered = new Float32Array(values.length);
  gates.forEach((ours, theirs) => {
    ordered.set(values.subarray(ours * block, (ours + 1) * block), theirs * block);
  });
  return ordered;
}

/** Ours: input, forget, cell, output; ONNX's: input, output, forget, cell. */
export const lstm = recurrent('lstm', { opType: 'LSTM', gates: [0, 3, 1, 2] });

/** Ours: reset, update, new; ONNX's: update, reset, new. */
export const gru = recurrent('gru', { opType: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: 1 } });
