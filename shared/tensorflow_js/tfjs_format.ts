// A trained model for TensorFlow.js: a layers model, its topology in JSON beside its weights, that `tf.loadLayersModel` reads.

import { buildModel } from '../engine/model.ts';
import type { OpNode } from '../engine/ops/op.ts';
import type { ExportedModel, ExportFormat } from '../export/export_format.ts';
import { neededNodes } from '../export/needed_nodes.ts';
import { bytesOf } from '../export/weights.ts';
import { LayersWriter, type NamedWeight } from './layers_writer.ts';
import { noLayer, type OpExporter } from './op_exporter.ts';
import * as registered from './registered_exporters.ts';

const exporters = new Map(Object.values(registered).map((exporter): [string, OpExporter] => [exporter.op, exporter]));

/** The ops that can be written as layers of TensorFlow.js. */
export const tfjsOps: readonly string[] = [...exporters.keys()].sort();

export const tfjs: ExportFormat = {
  name: 'tfjs',
  write(model, stem) {
    const { prediction, ...built } = buildModel(model.graph);
    const needed = neededNodes({ ...built, prediction });
    const writer = new LayersWriter(model.weights, needed, prediction);
    for (const input of needed.inputs) writer.input(input);
    for (const node of needed.nodes) if (!writer.isDefined(node)) exporterOf(node).write(writer, node);
    // What is predicted has a layer of its own, whatever computes it.
    const config = { activation: 'linear' };
    const last = writer.step('Activation', [writer.value(prediction)], prediction.shape, {
      name: 'prediction',
      config,
    });
    const inputs = writer.inputs.map((layer) => [layer, 0, 0]);
    const topology = {
      name: model.name,
      layers: writer.layers,
      input_layers: inputs,
      output_layers: [[last.layer, 0, 0]],
    };
    const weightsEnding = '.weights.bin';
    const file = `${stem.replace(/^.*[\\/]/, '')}${weightsEnding}`;
    const json = JSON.stringify(documentOf(model, topology, [{ paths: [file], weights: manifestOf(writer.weights) }]));
    return [
      { ending: '.json', bytes: new TextEncoder().encode(json) },
      { ending: weightsEnding, bytes: joined(writer.weights) },
    ];
  },
};

function exporterOf(node: OpNode): OpExporter {
  const exporter = exporters.get(node.op.name);
  if (exporter === undefined) throw noLayer(node, node.op.name);
  return exporter;
}

/** The JSON that `tf.loadLayersModel` takes. */
function documentOf({ metadata }: ExportedModel, topology: object, weightsManifest: readonly object[]) {
  return {
    format: 'layers-model',
    generatedBy: 'gradswarm',
    convertedBy: null,
    userDefinedMetadata: metadata,
    modelTopology: { class_name: 'Model', config: topology, keras_version: '2', backend: 'tensor_flow.js' },
    weightsManifest,
  };
}

function manifestOf(weights: readonly NamedWeight[]) {
  return weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
}

/** All weights one behind the other, as the manifest lists them. */
function joined(weights: readonly NamedWeight[]): Uint8Array {
  const bytes = new Uint8Array(weights.reduce((sum, { values }) => sum + values.byteLength, 0));
  let at = 0;
  for (const { values } of weights) {
    bytes.set(bytesOf(values), at);
    at += values.byteLength;
  }
  return bytes;
}
