// A graph with arbitrary weights, predicted by the engine and, once written to ONNX, by ONNX Runtime.

import type { FieldValues } from '../../../../shared/data/memory_data_set.ts';
import type { Graph, GraphInput } from '../../../../shared/engine/graph.ts';
import type { ParameterLayout } from '../../../../shared/engine/model.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { elementsOf } from '../../../../shared/engine/shape.ts';
import { encodeOnnx } from '../../../../shared/onnx/encode_onnx.ts';
import { exportOnnx } from '../../../../shared/onnx/export/export_onnx.ts';
import { engines, testValues } from '../../kernels/profiles.ts';
import { runOnnx } from '../onnxruntime.ts';

export interface Predictions {
  readonly ours: Float32Array;
  readonly theirs: Float32Array;
  readonly shape: readonly number[];
  /** The ONNX model. */
  readonly file: Uint8Array;
}

/** Initial weights, moved a little so that no two tensors agree by chance; running variances stay positive. */
export function arbitraryWeights(layout: ParameterLayout, initial: Float32Array): Float32Array {
  const values = initial.slice();
  layout.tensors.forEach(({ kind, offset, elements }, index) => {
    const moves = testValues(elements, index + 1);
    const part = values.subarray(offset, offset + elements);
    moves.forEach((move, at) => {
      part[at] = kind === 'state' ? 0.6 + 0.4 * move : (part[at] ?? 0) + 0.1 * move;
    });
  });
  return values;
}

function initialOf(replica: Replica): Float32Array {
  replica.initialize(1);
  return engines.portable.float32(replica.parameters, replica.parameterCount);
}

/** The weights of a flat vector by name. */
export function weightsByName({ tensors }: ParameterLayout, flat: Float32Array): ReadonlyMap<string, Float32Array> {
  return new Map(tensors.map(({ name, offset, elements }) => [name, flat.slice(offset, offset + elements)]));
}

/** Values of an input: bytes, numbers around zero, or ids below `below`. */
export function inputValues({ type, shape }: GraphInput, samples: number, below = 3): FieldValues {
  const values = testValues(samples * elementsOf(shape), 5);
  if (type === 'f32') return values;
  const isImage = shape.length === 3;
  const limit = isImage ? 256 : below;
  const whole = (value: number) => Math.floor(((value + 1) / 2) * limit);
  return type === 'u8' ? Uint8Array.from(values, whole) : Int32Array.from(values, whole);
}

export interface PredictedBy {
  readonly samples?: number;
  readonly below?: number;
}

export async function predictBoth(graph: Graph, { samples = 3, below = 3 }: PredictedBy = {}): Promise<Predictions> {
  const replica = Replica.create(engines.portable, graph, { microbatchSize: 2 });
  const weights = arbitraryWeights(replica.layout, initialOf(replica));
  replica.setParameters(weights);
  const inputs = graph.inputs.map((input) => ({ input, values: inputValues(input, samples, below) }));
  const fields = inputs.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const ours = replica.predict({ count: samples, fields }).slice();
  const model = exportOnnx(graph, weightsByName(replica.layout, weights), { name: 'test' });
  const given = new Map(inputs.map(({ input, values }) => [input.name, { values, shape: [samples, ...input.shape] }]));
  const feeds = model.graph.inputs.map(({ name }) => [name, given.get(name)] as const);
  const file = encodeOnnx(model);
  const { values: theirs, shape } = await runOnnx(file, Object.fromEntries(feeds) as never);
  return { ours, theirs, shape, file };
}

/** The largest distance of two predictions, each relative to numbers above 1. */
export function largestDifference(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return ours.reduce((largest, value, at) => {
    const other = theirs[at] ?? Number.NaN;
    return Math.max(largest, Math.abs(value - other) / Math.max(1, Math.abs(value)));
  }, 0);
}
