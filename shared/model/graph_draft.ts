// A graph on its way: inputs and nodes in order, and what is known of their tensors so far.

import type { Graph, GraphInput, GraphNode } from '../engine/graph.ts';
import { buildNode } from '../engine/model.ts';
import type { Tensor } from '../engine/ops/op.ts';
import { InputError } from '../errors.ts';

/** The name of a tensor of the graph being built. */
export type TensorName = string & { readonly kind: 'tensor name' };

/** What a finished graph is trained on and reports. */
export interface GraphOutputs {
  /** Its sum over the samples is what is minimised. */
  readonly loss: TensorName;
  /** Reported beside the loss, by name. */
  readonly metrics?: Readonly<Record<string, TensorName>>;
  /** What `predict` gives. */
  readonly prediction: TensorName;
}

/** What layers and builders append to. */
export class GraphDraft {
  readonly #inputs: GraphInput[] = [];
  readonly #nodes: GraphNode[] = [];
  /** Those whose shapes have been asked for, and all before them. */
  readonly #tensors = new Map<string, Tensor>();
  #inferred = 0;
  readonly #counts = new Map<string, number>();

  /** A tensor of each sample, `shape` without the batch dimension. */
  input({ name, type, shape }: GraphInput): TensorName {
    this.#inputs.push({ name, type, shape });
    return name as TensorName;
  }

  /** Any op by its name; the methods below are those of the most common ones. */
  node(
    name: string,
    op: string,
    inputs: readonly TensorName[],
    attributes?: Readonly<Record<string, unknown>>,
  ): TensorName {
    this.#nodes.push(attributes === undefined ? { name, op, inputs } : { name, op, inputs, attributes });
    return name as TensorName;
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return [...this.#inputs, ...this.#nodes].some((one) => one.name === name);
  }

  /**
   * What is known of a tensor: its shape above all.
   * @throws {InputError} naming the node, it or one before it, that does not fit what it is given.
   */
  tensor(name: string): Tensor {
    for (const { name: input, type, shape } of this.#inputs) {
      if (!this.#tensors.has(input))
        this.#tensors.set(input, { name: input, type, shape, kind: 'batch', node: undefined });
    }
    for (const node of this.#nodes.slice(this.#inferred)) {
      this.#tensors.set(node.name, buildNode(node, this.#tensors).output);
      this.#inferred += 1;
    }
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new InputError(`graph: there is no tensor ${name}`);
    return tensor;
  }

  /** 1, 2, … for each kind of thing: what layers are numbered by. */
  count(kind: string): number {
    const next = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, next);
    return next;
  }

  /** The graph; it is checked where it is compiled, or by `parseGraph` and `buildModel` at once. */
  finish({ loss, metrics = {}, prediction }: GraphOutputs): Graph {
    return { inputs: [...this.#inputs], nodes: [...this.#nodes], loss, metrics, prediction };
  }
}
