// A graph made into a model: ops found, attributes parsed, shapes inferred, parameters laid out. Everything that can be
// wrong with a graph is found here.

import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { type Graph, type GraphNode, parseGraph } from './graph.ts';
import { builtInOps, findOp, type OpRegistry } from './op_registry.ts';
import type { OpNode, Tensor } from './ops/op.ts';
import type { Initializer, ParameterAttributes } from './ops/parameter.ts';
import type { StateAttributes } from './ops/state.ts';
import { elementsOf } from './shape.ts';
import type { StateUpdate } from './state_updates.ts';
import { anySum, type SumRange } from './sum_range.ts';

/** A tensor that lies in the flat vectors: of parameters, and of gradients or contributions. */
interface FlatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat vectors. */
  readonly offset: number;
  readonly elements: number;
  readonly initializer: Initializer;
  /** Counts the draws of its initial values: its place among all parameters, frozen ones included, then states. */
  readonly draw: number;
}

/** A tensor that the optimizer trains. */
export interface ParameterTensor extends FlatTensor {
  readonly kind: 'parameter';
}

/** A running statistic: updated after each step, by its own rule, from the mean of what the step's samples contributed. */
export interface StateTensor extends FlatTensor {
  readonly kind: 'state';
  readonly update: StateUpdate;
}

/**
 * How the flat vectors are laid out: dense, the parameters in the order of the graph, then the states. Frozen parameters
 * are in a vector of their own, in the order of the graph too.
 */
export interface ParameterLayout {
  readonly tensors: readonly (ParameterTensor | StateTensor)[];
  /** Frozen tensors, with their places in their own vector. */
  readonly frozen: readonly ParameterTensor[];
  /** Elements of the parameters: what the optimizer sees. */
  readonly trainable: number;
  /** Elements of parameters and states. */
  readonly total: number;
  /** Elements of the frozen vector. */
  readonly frozenTotal: number;
}

export interface Model {
  readonly inputs: readonly Tensor[];
  readonly nodes: readonly OpNode[];
  readonly loss: OpNode;
  readonly metrics: readonly { readonly name: string; readonly node: OpNode }[];
  readonly prediction: Tensor;
  readonly layout: ParameterLayout;
}

/** @throws {InputError} naming the node, what it expected and what it found. */
export function buildModel(given: Graph, ops: OpRegistry = builtInOps): Model {
  // A graph built by hand may hold what its type does not exclude: two nodes of one name, an earlier use of a later one.
  const graph = parseGraph(given);
  const tensors = new Map<string, Tensor>();
  const inputs = graph.inputs.map(
    ({ name, type, shape }): Tensor => ({ name, type, shape, kind: 'batch', node: undefined }),
  );
  for (const input of inputs) tensors.set(input.name, input);
  const nodes = graph.nodes.map((node) => {
    const built = buildNode(node, tensors, ops);
    tensors.set(node.name, built.output);
    return built;
  });
  const layout = layOut(nodes);
  if (layout.trainable === 0) {
    const fault = layout.frozenTotal > 0 ? 'every parameter is frozen' : 'has no parameter';
    throw new InputError(`graph: ${fault}: there is nothing to train`);
  }
  const nodeNamed = (name: string, role: string): OpNode => {
    const node = tensors.get(name)?.node;
    if (node?.output.kind !== 'sum') throw new InputError(`graph: ${role} is ${name}, expected a loss or metric node`);
    return node;
  };
  const prediction = tensors.get(graph.prediction);
  if (prediction?.kind !== 'batch' || prediction.type !== 'f32')
    throw new InputError(`graph: prediction is ${graph.prediction}, expected an f32 tensor of each sample`);
  const loss = nodeNamed(graph.loss, 'loss');
  if (loss.op.gradient === undefined)
    throw new InputError(`graph: loss is ${loss.name}, but ${loss.op.name} has no gradient`);
  const metrics = Object.entries(graph.metrics).map(([name, node]) => ({
    name,
    node: nodeNamed(node, `metric ${name}`),
  }));
  return { inputs, nodes, loss, metrics, prediction, layout };
}

/** What the sums that a graph gives can be. */
export interface SumRanges {
  readonly loss: SumRange;
  /** By name. */
  readonly metrics: ReadonlyMap<string, SumRange>;
}

/** @throws {InputError} as `buildModel`. */
export function sumRanges(graph: Graph): SumRanges {
  const { loss, metrics } = buildModel(graph);
  const rangeOf = (node: OpNode) => node.op.sumRange?.(node) ?? anySum;
  return { loss: rangeOf(loss), metrics: new Map(metrics.map(({ name, node }) => [name, rangeOf(node)])) };
}

/** A node with its shape inferred from those of `tensors`. @throws {InputError} naming the node. */
export function buildNode(node: GraphNode, tensors: ReadonlyMap<string, Tensor>, ops = builtInOps): OpNode {
  const op = findOp(node.op, node.name, ops);
  const parsed = v.safeParse(op.attributes, node.attributes ?? {});
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InputError(`node ${node.name} (${node.op}): ${v.getDotPath(issue) ?? 'attributes'}: ${issue.message}`);
  }
  const inputs = node.inputs.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new InputError(`node ${node.name} uses ${name}, which is not an earlier node or an input`);
    return tensor;
  });
  const output: { -readonly [key in keyof Tensor]: Tensor[key] } = {
    ...op.infer(inputs, parsed.output, node.name),
    name: node.name,
    node: undefined,
  };
  const built: OpNode = { name: node.name, op, inputs, attributes: parsed.output, output };
  output.node = built;
  return built;
}

function layOut(nodes: readonly OpNode[]): ParameterLayout {
  const parameters = nodes.filter(({ output }) => output.kind === 'parameter');
  const states = nodes.filter(({ output }) => output.kind === 'state');
  const draws = new Map([...parameters, ...states].map((node, draw) => [node, draw]));
  const place = (node: OpNode, offset: number) => {
    const { name, output } = node;
    return { name, shape: output.shape, offset, elements: elementsOf(output.shape), draw: draws.get(node) ?? 0 };
  };
  const placeParameter = (node: OpNode, offset: number): ParameterTensor => {
    const { initializer } = node.attributes as ParameterAttributes;
    return { kind: 'parameter', ...place(node, offset), initializer };
  };
  const placeState = (node: OpNode, offset: number): StateTensor => {
    const { initial, update } = node.attributes as StateAttributes;
    return { kind: 'state', ...place(node, offset), initializer: { kind: 'constant', value: initial }, update };
  };
  const isFrozen = ({ output }: OpNode) => output.isFrozen === true;
  const trained = inARow(
    parameters.filter((node) => !isFrozen(node)),
    0,
    placeParameter,
  );
  const running = inARow(states, trained.end, placeState);
  const frozen = inARow(parameters.filter(isFrozen), 0, placeParameter);
  return {
    tensors: [...trained.tensors, ...running.tensors],
    frozen: frozen.tensors,
    trainable: trained.end,
    total: running.end,
    frozenTotal: frozen.end,
  };
}

/** Places tensors one behind the other, from `start` on. */
function inARow<Placed extends FlatTensor>(
  nodes: readonly OpNode[],
  start: number,
  place: (node: OpNode, offset: number) => Placed,
): { readonly tensors: readonly Placed[]; readonly end: number } {
  const tensors: Placed[] = [];
  let end = start;
  for (const node of nodes) {
    const tensor = place(node, end);
    tensors.push(tensor);
    end += tensor.elements;
  }
  return { tensors, end };
}
