// An ONNX model as a graph of ours that can be trained: its constants become parameters, its running statistics states. It
// is trained on the labels of a data set, whose features it must take.

import type { Graph } from '../../engine/graph.ts';
import type { Tensor } from '../../engine/ops/op.ts';
import { type Shape, shapeText } from '../../engine/shape.ts';
import { InputError } from '../../errors.ts';
import type { Loss } from '../../model/losses/loss_registry.ts';
import type { ModelField } from '../../model/model_field.ts';
import { exportedBy, type OnnxGraph, type OnnxModel, type OnnxNode, type OnnxValue } from '../onnx_model.ts';
import { constantOf, type ImportedWeight, namingOperator, OnnxReader } from './onnx_reader.ts';
import type { OpImporter } from './op_importer.ts';
import { takeLoss } from './own_loss.ts';
import * as registered from './registered_importers.ts';
import { type TrainingEnd, trainedGraph } from './training_end.ts';

const importers = new Map(
  Object.values(registered).map((importer): [string, OpImporter] => [importer.opType, importer]),
);

/** The operators that can be imported. */
export const importedOperators: readonly string[] = [...importers.keys()].sort();

export interface ImportedModel {
  /** It predicts what the ONNX model gives. */
  readonly graph: Graph;
  /** Of each parameter and state. */
  readonly weights: readonly ImportedWeight[];
}

export interface ImportOptions extends TrainingEnd {
  readonly features: ModelField;
}

/**
 * @throws {InputError} naming every operator that has no counterpart, or the first one in a form that has none; or what
 *   of the data does not fit.
 */
export function importOnnx({ graph: given, producer }: OnnxModel, { features, ...end }: ImportOptions): ImportedModel {
  const { graph, scores } = takeLoss(given);
  requireOperators(graph);
  const [input, ...others] = graph.inputs;
  const [output] = graph.outputs;
  if (input === undefined || output === undefined || others.length > 0) {
    throw new InputError(`an ONNX model of ${graph.inputs.length} inputs, expected one`);
  }
  const reader = new OnnxReader();
  reader.reserve(end.labels.name);
  for (const tensor of graph.initializers) reader.define(tensor.name, constantOf(tensor));
  // What we export takes what the data set stores: it standardizes its features itself.
  const { standardization: _own, ...stored } = features;
  readInput(reader, input, producer === exportedBy ? stored : features);
  for (const node of graph.nodes) namingOperator(node, () => importers.get(node.opType)?.read(reader, node));
  const prediction = resultOf(reader, output.name);
  const own = scores === undefined ? {} : { loss: ownLoss, measured: resultOf(reader, scores) };
  return { graph: trainedGraph(reader, prediction, features, { ...end, ...own }), weights: reader.weights };
}

/** What the loss of a file, if it has one, is with us. */
const ownLoss: Loss = 'softmax-cross-entropy';

/** A result with its elements in ONNX's order. */
function resultOf(reader: OnnxReader, name: string): Tensor {
  const result = reader.value(name);
  if (result.kind === 'tensor') return reader.plain(result);
  throw new InputError(`output ${name} does not depend on the input`);
}

function requireOperators({ nodes }: OnnxGraph): void {
  const missing = new Set(nodes.filter(({ opType }) => !importers.has(opType)).map(({ opType }: OnnxNode) => opType));
  if (missing.size === 0) return;
  const counts = [...missing].map((opType) => `${opType} (${nodes.filter((node) => node.opType === opType).length})`);
  throw new InputError(
    `operators without a counterpart: ${counts.join(', ')}; those with one are ${importedOperators.join(', ')}`,
  );
}

/** Images come in with their channels first; where the file says that they are last, or says bytes, as they are stored. */
function readInput(reader: OnnxReader, { name, type, shape }: OnnxValue, features: ModelField): void {
  const [, ...own] = shape;
  const { shape: stored } = features;
  const [height = 1, width = 1, channels = 1] = stored;
  const fits = (wanted: Shape) =>
    own.length === wanted.length && own.every((size, at) => typeof size === 'string' || size === wanted[at]);
  const isImage = stored.length === 3 && fits([channels, height, width]);
  if (!isImage && !fits(stored)) {
    const expected = `[${shape.join(', ')}]`;
    throw new InputError(`input ${name} is ${expected}, but ${features.name} of the data is ${shapeText(stored)}`);
  }
  const input = { name: features.name, type: features.type, shape: stored, kind: 'batch', node: undefined } as const;
  reader.input(input, name, isImage);
  const { standardization } = features;
  if (standardization !== undefined) {
    const tensor = reader.node(`${features.name}.standardized`, 'standardize', [input], { ...standardization });
    reader.define(name, { kind: 'tensor', tensor, isImage });
  } else if (features.type === 'u8' && type !== 'u8') {
    // Pixels from 0 to 1.
    const tensor = reader.node(`${features.name}.scaled`, 'scale', [input], { factor: 1 / 255 });
    reader.define(name, { kind: 'tensor', tensor, isImage });
  }
}
