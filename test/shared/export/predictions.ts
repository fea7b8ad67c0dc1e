// A graph with arbitrary weights: what the engine predicts, and what others make of it once it is exported.

import type { FieldValues } from '../../../shared/data/memory_data_set.ts';
import type { Graph, GraphInput } from '../../../shared/engine/graph.ts';
import { buildModel, type ParameterLayout } from '../../../shared/engine/model.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { elementsOf, type Shape } from '../../../shared/engine/shape.ts';
import type { ExportedModel } from '../../../shared/export/export_format.ts';
import { neededNodes } from '../../../shared/export/needed_nodes.ts';
import { encodeOnnx } from '../../../shared/onnx/encode_onnx.ts';
import { exportOnnx } from '../../../shared/onnx/export/export_onnx.ts';
import { engines, testValues } from '../kernels/profiles.ts';
import { type OnnxOutput, runOnnx } from '../onnx/onnxruntime.ts';

/** What the engine predicts for arbitrary samples. */
export interface Predicted {
  readonly model: ExportedModel;
  /** Those that the prediction depends on. */
  readonly inputs: readonly { readonly name: string; readonly values: FieldValues; readonly shape: Shape }[];
  readonly outputs: Float32Array;
}

/** Initial weights, moved a little so that no two tensors agree by chance; running variances stay positive. */
function arbitraryWeights({ layout, parameters, parameterCount }: Replica): Float32Array {
  const values = engines.portable.float32(parameters, parameterCount).slice();
  layout.tensors.forEach(({ kind, offset, elements }, index) => {
    testValues(elements, index + 1).forEach((move, at) => {
      const value = values[offset + at] ?? 0;
      values[offset + at] = kind === 'state' ? 0.6 + 0.4 * move : value + 0.1 * move;
    });
  });
  return values;
}

/** The weights of a flat vector by name. */
function weightsByName({ tensors }: ParameterLayout, flat: Float32Array): ReadonlyMap<string, Float32Array> {
  return new Map(tensors.map(({ name, offset, elements }) => [name, flat.slice(offset, offset + elements)]));
}

/** Values of an input: numbers around zero, an image's bytes, or ids below `below`. */
function inputValues({ type, shape }: GraphInput, samples: number, below: number): FieldValues {
  const values = testValues(samples * elementsOf(shape), 5);
  if (type === 'f32') return values;
  const limit = shape.length === 3 ? 256 : below;
  const whole = (value: number) => Math.floor(((value + 1) / 2) * limit);
  return type === 'u8' ? Uint8Array.from(values, whole) : Int32Array.from(values, whole);
}

export interface PredictOptions {
  readonly samples?: number;
  /** What ids among the inputs are below. */
  readonly below?: number;
}

export function predict(graph: Graph, { samples = 3, below = 3 }: PredictOptions = {}): Predicted {
  const replica = Replica.create(engines.portable, graph, { microbatchSize: 2 });
  replica.initialize(1);
  replica.setParameters(arbitraryWeights(replica));
  const weights = weightsByName(replica.layout, engines.portable.float32(replica.parameters, replica.parameterCount));
  const given = graph.inputs.map((input) => {
    return { name: input.name, values: inputValues(input, samples, below), shape: [samples, ...input.shape] };
  });
  const fields = given.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const outputs = replica.predict({ count: samples, fields }).slice();
  const needed = new Set(neededNodes(buildModel(graph)).inputs.map(({ name }) => name));
  const inputs = given.filter(({ name }) => needed.has(name));
  return { model: { name: 'test', graph, weights, metadata: {} }, inputs, outputs };
}

/** A model as ONNX Runtime runs it, once written to ONNX. */
export async function runExported({ model, inputs }: Predicted): Promise<OnnxOutput & { readonly file: Uint8Array }> {
  const file = encodeOnnx(exportOnnx(model.graph, model.weights, model));
  const feeds = inputs.map(({ name, ...input }) => [name, input] as const);
  return { ...(await runOnnx(file, Object.fromEntries(feeds))), file };
}

/** The largest distance of two predictions, each relative to numbers above 1. */
export function largestDifference(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return ours.reduce((largest, value, at) => {
    const other = theirs[at] ?? Number.NaN;
    const difference = Math.abs(value - other) / Math.max(1, Math.abs(value));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}
