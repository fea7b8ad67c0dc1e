// A model as data: a typed op graph in JSON, so that it can be sent to a stranger's tab, hashed and checked. No code
// travels. Shapes are per sample: the batch dimension is not written.

import * as v from 'valibot';
import { InputError } from '../errors.ts';
import type { Shape } from './shape.ts';

/** How a tensor's elements are stored. */
export type ElementType = 'u8' | 'i32' | 'f32';

/** A tensor of each sample: features, labels. */
export interface GraphInput {
  /** Unlike those of all other inputs and nodes. */
  readonly name: string;
  /** How its elements are stored. */
  readonly type: ElementType;
  /** Without the samples’ dimension; empty for a single number. */
  readonly shape: Shape;
}

/** One op applied to inputs and to earlier nodes. */
export interface GraphNode {
  /** Unlike those of all other inputs and nodes. */
  readonly name: string;
  /** The op’s name, like `matmul`. */
  readonly op: string;
  /** Names of inputs and earlier nodes. */
  readonly inputs: readonly string[];
  /** What the op needs besides tensors. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** A model as data: tensors of each sample, ops on them, and which of them are loss, metrics and prediction. */
export interface Graph {
  /** The data set’s fields. */
  readonly inputs: readonly GraphInput[];
  /** In an order in which each node comes after what it uses. */
  readonly nodes: readonly GraphNode[];
  /** The node whose sum over the samples is differentiated. */
  readonly loss: string;
  /** Nodes whose sums over the samples are reported, by metric name. */
  readonly metrics: Readonly<Record<string, string>>;
  /** The node that `predict` returns. */
  readonly prediction: string;
}

/** What tensors, inputs and metrics of a graph are called. */
export const tensorName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'a name of letters, digits, ".", "_" or "-"'),
);
const dimension = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24));

export const shapeSchema = v.pipe(v.array(dimension), v.maxLength(6));

export const graphSchema = v.strictObject({
  inputs: v.pipe(
    v.array(v.strictObject({ name: tensorName, type: v.picklist(['u8', 'i32', 'f32']), shape: shapeSchema })),
    v.minLength(1),
    v.maxLength(16),
  ),
  nodes: v.pipe(
    v.array(
      v.strictObject({
        name: tensorName,
        op: v.string(),
        inputs: v.pipe(v.array(tensorName), v.maxLength(16)),
        attributes: v.exactOptional(v.record(v.string(), v.unknown())),
      }),
    ),
    v.minLength(1),
    v.maxLength(10_000),
  ),
  loss: tensorName,
  metrics: v.record(tensorName, tensorName),
  prediction: tensorName,
});

/**
 * Checks a graph from outside: form, names and order. Ops, attributes and shapes are checked where it is compiled.
 * @throws {InputError} naming the place.
 */
export function parseGraph(value: unknown): Graph {
  const result = v.safeParse(graphSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw new InputError(`graph: ${v.getDotPath(issue) ?? 'value'}: ${issue.message}`);
  }
  const graph: Graph = result.output;
  const known = new Set<string>();
  const define = (defined: string) => {
    if (known.has(defined)) throw new InputError(`graph: duplicate tensor name ${defined}`);
    known.add(defined);
  };
  for (const input of graph.inputs) define(input.name);
  for (const node of graph.nodes) {
    for (const used of node.inputs) {
      if (!known.has(used))
        throw new InputError(`graph: node ${node.name} uses ${used}, which is not an earlier node or an input`);
    }
    define(node.name);
  }
  for (const [role, used] of [
    ['loss', graph.loss],
    ['prediction', graph.prediction],
    ...Object.entries(graph.metrics),
  ]) {
    if (used === undefined || !known.has(used)) throw new InputError(`graph: ${role} is ${used}, which is not a node`);
  }
  return graph;
}
