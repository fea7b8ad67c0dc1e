// A trained model as an ONNX model: what leads to its prediction, with the weights. It takes what the data set stores,
// pixels as bytes, and gives what `predict` gives; the number of samples is open.

import type { Graph } from '../../engine/graph.ts';
import { buildModel } from '../../engine/model.ts';
import type { OpNode, Tensor } from '../../engine/ops/op.ts';
import { InputError } from '../../errors.ts';
import { neededNodes } from '../../export/needed_nodes.ts';
import type { Weights } from '../../export/weights.ts';
import { exportedBy, type OnnxModel, type OnnxValue } from '../onnx_model.ts';
import { OnnxWriter } from './onnx_writer.ts';
import type { OpExporter } from './op_exporter.ts';
import * as registered from './registered_exporters.ts';

/** LayerNormalization came with operator set 17, of IR version 8. */
const [opset, irVersion] = [17, 8];

const exporters = new Map(Object.values(registered).map((exporter): [string, OpExporter] => [exporter.op, exporter]));

/** The ops that can be written to ONNX. */
export const exportedOps: readonly string[] = [...exporters.keys()].sort();

export interface ExportOptions {
  /** What the model is called. */
  readonly name: string;
  /** What it says of itself besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * @param weights parameters and states by name.
 * @throws {InputError} naming the node whose op cannot be written to ONNX, or the weight that is missing.
 */
export function exportOnnx(graph: Graph, weights: Weights, { name, metadata = {} }: ExportOptions): OnnxModel {
  const model = buildModel(graph);
  const { inputs, nodes } = neededNodes(model);
  const writer = new OnnxWriter(weights);
  const output = writer.reserve('prediction');
  for (const input of inputs) writer.define(input, writer.reserve(input.name));
  for (const node of nodes) exporterOf(node).write(writer, node);
  writer.operator('Identity', [writer.value(model.prediction)], [output]);
  return {
    irVersion,
    opset,
    producer: exportedBy,
    metadata,
    graph: {
      name,
      inputs: inputs.map((input) => describe(input, input.name)),
      outputs: [describe(model.prediction, output)],
      initializers: [...writer.initializers.values()],
      nodes: writer.nodes,
    },
  };
}

function exporterOf({ name, op }: OpNode): OpExporter {
  const exporter = exporters.get(op.name);
  if (exporter !== undefined) return exporter;
  throw new InputError(
    `node ${name}: op ${op.name} cannot be written to ONNX; those that can are ${exportedOps.join(', ')}`,
  );
}

function describe({ type, shape }: Tensor, name: string): OnnxValue {
  return { name, type, shape: ['samples', ...shape] };
}
