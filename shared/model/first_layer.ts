// The weights that a model's first layer gives to the pixels of a picture: what its units look for.

import type { Graph, GraphNode } from '../engine/graph.ts';
import type { PictureTaken, Takes } from './takes_and_gives.ts';

/** Weights of a tensor [height, width, channels, units], as pictures. */
export interface FirstLayer {
  /** The tensor's name. */
  readonly tensor: string;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  readonly units: number;
}

/** What changes no pixel's place, or draws in training alone. */
const transparent: ReadonlySet<string> = new Set([
  'scale',
  'standardize',
  'reshape',
  'randomCrop',
  'randomFlip',
  'randomNoise',
  'dropout',
]);

/**
 * The first layer, if it sees pictures' pixels: a dense one, or a convolution. Undefined where the features are no pictures,
 * or what comes first is anything else.
 */
export function firstLayer(graph: Graph, features: string, takes: Takes): FirstLayer | undefined {
  if (takes.kind !== 'picture') return undefined;
  const node = firstReader(graph, features);
  const [, weights = ''] = node?.inputs ?? [];
  const shape = parameterShape(graph, weights);
  if (node === undefined || shape === undefined) return undefined;
  const size = pictureOf(node.op, shape, takes);
  return size === undefined ? undefined : { tensor: weights, ...size };
}

/** What reads the features first, through all that is transparent. */
function firstReader({ nodes }: Graph, features: string): GraphNode | undefined {
  let from = features;
  for (const node of nodes) {
    if (node.inputs[0] !== from) continue;
    if (!transparent.has(node.op)) return node;
    from = node.name;
  }
  return undefined;
}

function parameterShape({ nodes }: Graph, name: string): readonly number[] | undefined {
  const node = nodes.find((each) => each.name === name);
  return node?.op === 'parameter' ? (node.attributes?.shape as readonly number[]) : undefined;
}

function pictureOf(op: string, shape: readonly number[], takes: PictureTaken): Omit<FirstLayer, 'tensor'> | undefined {
  const { height, width, channels } = takes;
  if (op === 'matmul' && shape.length === 2 && shape[0] === height * width * channels) {
    return { height, width, channels, units: shape[1] ?? 0 };
  }
  const [rows = 0, columns = 0, depth, units = 0] = shape;
  const isFilters = op === 'conv2d' && shape.length === 4 && depth === channels && rows * columns > 1;
  return isFilters ? { height: rows, width: columns, channels, units } : undefined;
}

/** The picture of a unit: [height, width, channels]. @param weights of the layer's tensor */
export function unitPicture(
  { height, width, channels, units }: FirstLayer,
  weights: Float32Array,
  unit: number,
): Float32Array {
  return Float32Array.from({ length: height * width * channels }, (_, at) => weights[at * units + unit] ?? 0);
}
