// A chain of layers on its way to a graph: each layer appends nodes behind the last one. Shapes are not computed here:
// the ops infer them, node by node.

import type { Graph } from '../engine/graph.ts';
import { MismatchError, type Tensor } from '../engine/ops/op.ts';
import type { Initializer } from '../engine/ops/parameter.ts';
import { elementsOf, type Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { GraphDraft, type TensorName } from './graph_draft.ts';
import type { ModelField } from './model_field.ts';

/** Pixels are scaled from 0..255 to 0..1. */
const byteFactor = 1 / 255;

export interface ChainOptions {
  /** The job's: what layers draw by, in training; 1 if left out. */
  readonly seed?: number | undefined;
  /** How many different token ids the first tensor holds; undefined where they are no ids. */
  readonly tokens?: number | undefined;
}

/** What random numbers are drawn with besides step and sample. */
interface Draws {
  readonly seed: number;
  readonly stream: number;
}

export class LayerChain {
  readonly tokens: number | undefined;
  readonly #seed: number;
  readonly #graph: GraphDraft;
  readonly #places: string[] = [];
  #last: Tensor;

  /** A chain behind a tensor of a graph that is being built. */
  constructor(graph: GraphDraft, first: Tensor, { seed = 1, tokens }: ChainOptions = {}) {
    this.#graph = graph;
    this.#last = first;
    this.#seed = seed;
    this.tokens = tokens;
  }

  /** A chain behind the data's features. @throws {InputError} if they are of a type that no layer takes. */
  static from({ name, type, shape, classes, standardization }: ModelField, seed?: number): LayerChain {
    if (type === 'i32' && classes === undefined)
      throw new InputError(`features ${name}: i32 cannot feed a layer, expected u8 or f32`);
    const graph = new GraphDraft();
    graph.input({ name, type, shape });
    const chain = new LayerChain(graph, graph.tensor(name), { seed, tokens: classes });
    if (standardization !== undefined) chain.apply(`${name}.standardized`, 'standardize', [], { ...standardization });
    else if (type === 'u8' && classes === undefined)
      chain.apply(`${name}.scaled`, 'scale', [], { factor: byteFactor, offset: 0 });
    return chain;
  }

  /** The tensor that the layers so far end in. */
  get last(): Tensor {
    return this.#last;
  }

  /** An input of the graph. */
  input({ name, type, shape }: ModelField): Tensor {
    return this.#graph.tensor(this.#graph.input({ name, type, shape }));
  }

  /** A tensor of the graph by its name, as a parameter that a layer uses a second time; undefined if there is none. */
  tensor(name: string): Tensor | undefined {
    return this.#graph.has(name) ? this.#graph.tensor(name) : undefined;
  }

  /** A node beside the chain. @throws {MismatchError} if its inputs do not fit. */
  node(name: string, op: string, inputs: readonly Tensor[], attributes?: Readonly<Record<string, unknown>>): Tensor {
    const names = inputs.map((input) => input.name as TensorName);
    return this.#graph.tensor(this.#graph.node(name, op, names, attributes));
  }

  parameter(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.node(name, 'parameter', [], { shape, initializer });
  }

  /** A running statistic, a moving average, of one value to begin with. */
  movingAverage(name: string, shape: Shape, initial: number, momentum: number): Tensor {
    return this.node(name, 'state', [], { shape, initial, update: { kind: 'movingAverage', momentum } });
  }

  /** Appends behind `from` instead of the last tensor, which stays the last. @returns what was appended ends in. */
  branch(from: Tensor, append: () => void): Tensor {
    const trunk = this.#last;
    this.#last = from;
    append();
    const end = this.#last;
    this.#last = trunk;
    return end;
  }

  /** Applies an op to the last tensor, and to `others` behind it; its output is the last tensor then. */
  apply(
    name: string,
    op: string,
    others: readonly Tensor[] = [],
    attributes?: Readonly<Record<string, unknown>>,
  ): void {
    this.#last = this.node(name, op, [this.#last, ...others], attributes);
  }

  /** Goes on behind another tensor: where a branch begins or ends. */
  continueFrom(tensor: Tensor): void {
    this.#last = tensor;
  }

  /** Rows along the last dimension times weights [inner, units], plus a bias unless there is to be none. */
  project(name: string, units: number, initializer: Initializer, hasBias = true): void {
    const weight = this.parameter(`${name}.weight`, [this.#last.shape.at(-1) ?? 1, units], initializer);
    this.apply(hasBias ? `${name}.product` : name, 'matmul', [weight]);
    if (hasBias) this.addBias(name);
  }

  /** A bias for each element of the last dimension; it starts at zero. */
  addBias(name: string): void {
    const channels = this.#last.shape.at(-1) ?? 1;
    this.apply(name, 'bias', [this.parameter(`${name}.bias`, [channels], { kind: 'constant', value: 0 })]);
  }

  reshape(shape: Shape): void {
    this.apply(this.numbered('reshape'), 'reshape', [], { shape });
  }

  /** Makes the last tensor a row, where it is none. @returns its length. */
  flatten(): number {
    const elements = elementsOf(this.#last.shape);
    if (this.#last.shape.length !== 1) this.reshape([elements]);
    return elements;
  }

  /** dense1, dense2, … */
  numbered(kind: string): string {
    return `${kind}${this.#graph.count(kind)}`;
  }

  /** What an augmentation draws with, unlike all others of the model. */
  augmentation(): Draws {
    return this.#draws('augmentation');
  }

  /** What a dropout draws its masks with, unlike all others of the model. */
  dropout(): Draws {
    return this.#draws('dropout');
  }

  #draws(purpose: 'augmentation' | 'dropout'): Draws {
    return { seed: this.#seed, stream: this.#graph.count(`${purpose} draws`) - 1 };
  }

  /** Names the place in errors about what does not fit in `append`; a place within another one behind it. */
  at(place: string, append: () => void): void {
    this.#places.push(place);
    try {
      append();
    } catch (error) {
      throw error instanceof MismatchError ? new InputError(`${this.#places.join(', ')}: ${error.difference}`) : error;
    }
    this.#places.pop();
  }

  /** The graph that ends in a loss and is measured by `metrics`. */
  finish(loss: Tensor, metrics: Readonly<Record<string, Tensor>>): Graph {
    return this.#graph.finish({
      loss: loss.name as TensorName,
      metrics: Object.fromEntries(Object.entries(metrics).map(([key, { name }]) => [key, name as TensorName])),
      prediction: this.#last.name as TensorName,
    });
  }
}
