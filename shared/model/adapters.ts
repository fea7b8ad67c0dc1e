// Low-rank adapters (E. Hu et al., "LoRA: low-rank adaptation of large language models", 2021): beside x W stands
// x A B · alpha / rank, with A [n, rank] and B [rank, columns]. B begins at zero, so that the model begins as it was; A and B
// are all that is trained, and merged into W afterwards they cost nothing. Where W is a table whose rows are looked up, its
// adapter's rows are A's, times B; where its transpose is used, so is that of A B.

import * as v from 'valibot';
import { type Graph, type GraphNode, tensorName } from '../engine/graph.ts';
import { InputError } from '../errors.ts';
import { numberWhere, wholeNumber } from '../json/numbers.ts';
import { namePatternsSchema, namesMeant } from './name_patterns.ts';

export const adaptersSchema = v.strictObject({
  kind: v.literal('lora'),
  /** Of each product A B: how much an adapter can express, and its size. */
  rank: wholeNumber(1, 4096),
  /** What the adapters' outputs are scaled by, over the rank; twice the rank is common. */
  alpha: numberWhere('a number above 0', (value) => value > 0 && value < Number.POSITIVE_INFINITY),
  /** Patterns of names: weights of matrix products and tables of embeddings that get an adapter. */
  targets: namePatternsSchema,
});

export type Adapters = Readonly<v.InferOutput<typeof adaptersSchema>>;

/** A weight with its adapter, by the names of the tensors. */
export interface AdaptedWeight {
  readonly weight: string;
  readonly down: string;
  readonly up: string;
  /** Rows and columns of the weight. */
  readonly shape: readonly [rows: number, columns: number];
}

/** The names that an adapter's tensors have beside the weight `dense1.weight`: `dense1.weight.down` and `.up`. */
function adapterOf(weight: string, shape: readonly [number, number]): AdaptedWeight {
  return { weight, down: `${weight}.down`, up: `${weight}.up`, shape };
}

/** How an adapter's tensors stand in for its weight, by the op that uses it and whether that is transposed. */
type Use = (x: string, adapted: AdaptedWeight) => readonly [inner: AdapterStep, outer: (inner: string) => AdapterStep];
type AdapterStep = Pick<GraphNode, 'op' | 'inputs' | 'attributes'>;

const uses: Readonly<Record<string, Use>> = {
  matmul: (x, { down, up }) => [
    { op: 'matmul', inputs: [x, down] },
    (inner) => ({ op: 'matmul', inputs: [inner, up] }),
  ],
  'matmul transposed': (x, { down, up }) => [
    { op: 'matmul', inputs: [x, up], attributes: { transposed: true } },
    (inner) => ({ op: 'matmul', inputs: [inner, down], attributes: { transposed: true } }),
  ],
  embedding: (x, { down, up }) => [
    { op: 'embedding', inputs: [x, down] },
    (inner) => ({ op: 'matmul', inputs: [inner, up] }),
  ],
};

/** How a node uses the weight that is its second input; undefined where it can have no adapter. */
function useOf({ op, attributes }: GraphNode): Use | undefined {
  return uses[attributes?.transposed === true ? `${op} transposed` : op];
}

/** The weights that get an adapter. @throws {InputError} naming a target that can have none. */
export function adaptedWeights(graph: Graph, { targets }: Pick<Adapters, 'targets'>): readonly AdaptedWeight[] {
  const shapes = new Map<string, readonly [number, number]>();
  for (const { name, op, attributes } of graph.nodes) {
    const shape = attributes?.shape;
    if (op !== 'parameter' || !Array.isArray(shape)) continue;
    const [rows, columns]: readonly unknown[] = shape;
    if (shape.length === 2 && typeof rows === 'number' && typeof columns === 'number')
      shapes.set(name, [rows, columns]);
  }
  const used = graph.nodes.flatMap((node) => (useOf(node) === undefined ? [] : (node.inputs[1] ?? [])));
  const weights = [...shapes.keys()].filter((name) => used.includes(name));
  const meant = namesMeant(targets, weights, 'adapters.targets');
  return [...shapes].flatMap(([name, shape]) => (meant.has(name) ? [adapterOf(name, shape)] : []));
}

/**
 * The graph with adapters beside the weights that are named.
 * @throws {InputError} naming a target that can have no adapter, or a rank that none needs.
 */
export function addAdapters(graph: Graph, adapters: Adapters): Graph {
  const adapted = new Map(adaptedWeights(graph, adapters).map((weight) => [weight.weight, weight]));
  for (const { weight, shape } of adapted.values()) requireLowRank(weight, shape, adapters.rank);
  // Whoever used a product uses its sum with the adapter's from there on.
  const sums = new Map<string, string>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const redirected = { ...node, inputs: node.inputs.map((input) => sums.get(input) ?? input) };
    nodes.push(redirected);
    const weight = adapted.get(node.name);
    if (weight !== undefined) nodes.push(...adapterParameters(weight, adapters.rank));
    const [used, use] = [adapted.get(node.inputs[1] ?? ''), useOf(node)];
    if (used === undefined || use === undefined) continue;
    const added = adapterProduct(redirected, used, use, adapters);
    nodes.push(...added.nodes);
    sums.set(node.name, added.sum);
  }
  for (const { name } of nodes) requireName(name);
  const rename = (name: string) => sums.get(name) ?? name;
  return { ...graph, nodes, prediction: rename(graph.prediction) };
}

/** A as a dense layer's weights with what goes in, B zero. */
function adapterParameters({ down, up, shape: [rows, columns] }: AdaptedWeight, rank: number): readonly GraphNode[] {
  const parameter = (name: string, shape: readonly number[], initializer: object): GraphNode => ({
    name,
    op: 'parameter',
    inputs: [],
    attributes: { shape, initializer },
  });
  return [
    parameter(down, [rows, rank], { kind: 'he' }),
    parameter(up, [rank, columns], { kind: 'constant', value: 0 }),
  ];
}

function adapterProduct(
  { name, inputs }: GraphNode,
  weight: AdaptedWeight,
  use: Use,
  { rank, alpha }: Adapters,
): { readonly nodes: readonly GraphNode[]; readonly sum: string } {
  const [x = ''] = inputs;
  const [inner, product, scaled, sum] = ['down', 'up', 'scaled', 'adapted'].map((part) => `${name}.${part}`) as [
    string,
    string,
    string,
    string,
  ];
  const [first, second] = use(x, weight);
  const nodes: readonly GraphNode[] = [
    { name: inner, ...first },
    { name: product, ...second(inner) },
    { name: scaled, op: 'scale', inputs: [product], attributes: { factor: alpha / rank } },
    { name: sum, op: 'add', inputs: [name, scaled] },
  ];
  return { nodes, sum };
}

function requireLowRank(weight: string, [rows, columns]: readonly [number, number], rank: number): void {
  const most = Math.min(rows, columns);
  if (rank <= most) return;
  throw new InputError(`adapters.rank: ${rank} is more than ${weight} [${rows}, ${columns}] can have, at most ${most}`);
}

/** What is named behind a tensor of the graph may be too long for one. */
function requireName(name: string): void {
  if (!v.is(tensorName, name)) throw new InputError(`adapters: ${name} is too long for the name of a tensor`);
}

/** A tensor's shape and what it holds, flat and row-major. */
export interface NamedValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Weights of the model without adapters: W + A B · alpha / rank where one stood, without the adapters' own tensors.
 * @throws {InputError} if an adapter's tensors do not fit its weight.
 */
export function mergeAdapters(
  { rank, alpha }: Pick<Adapters, 'rank' | 'alpha'>,
  weights: ReadonlyMap<string, NamedValues>,
): ReadonlyMap<string, NamedValues> {
  const merged = new Map(weights);
  for (const [name, weight] of weights) {
    const { down: downName, up: upName } = adapterOf(name, [0, 0]);
    const [down, up] = [weights.get(downName), weights.get(upName)];
    if (down === undefined || up === undefined) continue;
    const [rows, columns] = weight.shape;
    if (down.shape.join() !== `${rows},${rank}` || up.shape.join() !== `${rank},${columns}`) {
      throw new InputError(
        `adapters: ${downName} [${down.shape}] and ${upName} [${up.shape}] do not fit ${name} [${weight.shape}]`,
      );
    }
    merged.set(name, {
      shape: weight.shape,
      values: mergedWeight(weight.values, down.values, up.values, rank, alpha / rank),
    });
    merged.delete(downName);
    merged.delete(upName);
  }
  return merged;
}

/** W + A B · scale, in f64, rounded once. */
function mergedWeight(
  weight: Float32Array,
  down: Float32Array,
  up: Float32Array,
  rank: number,
  scale: number,
): Float32Array {
  const columns = up.length / rank;
  return weight.map((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (down[row * rank + k] ?? 0) * (up[k * columns + column] ?? 0);
    return value + scale * sum;
  });
}
