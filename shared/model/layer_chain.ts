// A chain of layers on its way to a graph: each layer appends nodes behind the last one. Shapes are not computed here:
// the ops infer them, node by node.

import type { Graph } from '../engine/graph.ts';
import { buildNode } from '../engine/model.ts';
import { MismatchError, type Tensor } from '../engine/ops/op.ts';
import type { Initializer } from '../engine/ops/parameter.ts';
import { elementsOf, type Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { GraphBuilder, type TensorName } from './builder.ts';
import type { ModelField } from './model_field.ts';

/** Pixels are scaled from 0..255 to 0..1. */
const byteFactor = 1 / 255;

export class LayerChain {
  readonly #builder = new GraphBuilder();
  readonly #tensors = new Map<string, Tensor>();
  readonly #counts = new Map<string, number>();
  readonly #places: string[] = [];
  readonly #seed: number;
  /** How many different token ids the features hold; undefined where they are no ids. */
  readonly tokens: number | undefined;
  #last: Tensor;

  /**
   * `seed` is the job's: what layers draw by, in training.
   * @throws {InputError} if the features are of a type that no layer takes.
   */
  constructor(features: ModelField, seed: number) {
    this.#seed = seed;
    const { name, type, classes, standardization } = features;
    this.tokens = classes;
    if (type === 'i32' && classes === undefined)
      throw new InputError(`features ${name}: i32 cannot feed a layer, expected u8 or f32`);
    this.#last = this.input(features);
    if (standardization !== undefined) this.apply(`${name}.standardized`, 'standardize', [], { ...standardization });
    else if (type === 'u8' && classes === undefined)
      this.apply(`${name}.scaled`, 'scale', [], { factor: byteFactor, offset: 0 });
  }

  /** The tensor that the layers so far end in. */
  get last(): Tensor {
    return this.#last;
  }

  /** An input of the graph. */
  input({ name, type, shape }: ModelField): Tensor {
    this.#builder.input({ name, type, shape });
    const tensor: Tensor = { name, type, shape, kind: 'batch', node: undefined };
    this.#tensors.set(name, tensor);
    return tensor;
  }

  /** A node beside the chain. @throws {MismatchError} if its inputs do not fit. */
  node(name: string, op: string, inputs: readonly Tensor[], attributes?: Readonly<Record<string, unknown>>): Tensor {
    const names = inputs.map((input) => input.name as TensorName);
    this.#builder.node(name, op, names, attributes);
    const { output } = buildNode({ name, op, inputs: names, ...(attributes && { attributes }) }, this.#tensors);
    this.#tensors.set(name, output);
    return output;
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
    const next = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, next);
    return `${kind}${next}`;
  }

  /** What an augmentation draws with, unlike all others of the model. */
  augmentation(): { readonly seed: number; readonly stream: number } {
    const stream = this.#counts.get('augmentation') ?? 0;
    this.#counts.set('augmentation', stream + 1);
    return { seed: this.#seed, stream };
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
    return this.#builder.finish({
      loss: loss.name as TensorName,
      metrics: Object.fromEntries(Object.entries(metrics).map(([key, { name }]) => [key, name as TensorName])),
      prediction: this.#last.name as TensorName,
    });
  }
}
