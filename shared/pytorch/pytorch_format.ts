// A trained model for PyTorch: its weights in safetensors, under the names and in the layouts that PyTorch's modules have,
// and the module that takes them, as a Python file that can be read and changed.

import { buildModel } from '../engine/model.ts';
import type { OpNode } from '../engine/ops/op.ts';
import { InputError } from '../errors.ts';
import type { ExportFormat } from '../export/export_format.ts';
import { neededNodes } from '../export/needed_nodes.ts';
import { type SafeTensor, writeSafetensors } from '../safetensors/safetensors.ts';
import type { OpExporter } from './op_exporter.ts';
import { scriptOf } from './pytorch_script.ts';
import { PytorchWriter } from './pytorch_writer.ts';
import * as registered from './registered_exporters.ts';

const exporters = new Map(Object.values(registered).map((exporter): [string, OpExporter] => [exporter.op, exporter]));

/** The ops that can be written as PyTorch. */
export const pytorchOps: readonly string[] = [...exporters.keys()].sort();

export const safetensors: ExportFormat = {
  name: 'safetensors',
  write(model, stem) {
    const { graph, weights, metadata } = model;
    const { prediction, ...built } = buildModel(graph);
    const needed = neededNodes({ ...built, prediction });
    const writer = new PytorchWriter(weights, needed, prediction);
    for (const input of needed.inputs) writer.define(input, writer.variable(input.name));
    for (const node of needed.nodes) if (!writer.isDefined(node)) exporterOf(node).write(writer, node);
    writer.lines.push(`return ${writer.value(prediction)}`);
    // Eight bytes each first, so that all tensors are aligned.
    const tensors = [...writer.tensors.values()].sort((one, other) => wideness(other) - wideness(one));
    const file = writeSafetensors({ tensors, metadata: { format: 'pt', ...metadata } });
    const script = scriptOf(model, writer, needed, stem.replace(/^.*[\\/]/, ''));
    return [
      { ending: '.safetensors', bytes: file },
      { ending: '.py', bytes: new TextEncoder().encode(script) },
    ];
  },
};

function exporterOf({ name, op }: OpNode): OpExporter {
  const exporter = exporters.get(op.name);
  if (exporter !== undefined) return exporter;
  throw new InputError(
    `node ${name}: op ${op.name} cannot be written as PyTorch; those that can are ${pytorchOps.join(', ')}`,
  );
}

function wideness({ type }: SafeTensor): number {
  return type === 'I64' ? 1 : 0;
}
