// What an op's exporter writes to: a layers model of TensorFlow.js in the making, in Keras's JSON, and its weights. Images
// have their channels last in both, so that nothing is ever turned.

import type { OpNode, Tensor } from '../engine/ops/op.ts';
import { elementsOf, type Shape } from '../engine/shape.ts';
import { biasBehind } from '../export/bias_behind.ts';
import type { NeededNodes } from '../export/needed_nodes.ts';
import { findWeights, type Weights } from '../export/weights.ts';

/** A layer's settings, by their names in Keras. */
export type LayerConfig = Readonly<Record<string, unknown>>;

/** A tensor of a layer, by its name in Keras, like `kernel`. */
export type LayerWeights = Readonly<Record<string, LayerWeight>>;

export interface LayerWeight {
  readonly shape: Shape;
  readonly values: Float32Array;
}

export interface NamedWeight extends LayerWeight {
  /** The layer's, and its own behind a slash. */
  readonly name: string;
}

/** A layer's output, or an input of the model: its name in Keras, and its shape for each sample. */
export interface LayerOutput {
  readonly layer: string;
  readonly shape: Shape;
}

export interface LayerEntry {
  readonly name: string;
  readonly class_name: string;
  readonly config: LayerConfig;
  readonly inbound_nodes: readonly unknown[];
}

export class LayersWriter {
  readonly layers: LayerEntry[] = [];
  /** The layers that are the model's inputs. */
  readonly inputs: string[] = [];
  readonly weights: NamedWeight[] = [];
  readonly #given: Weights;
  readonly #needed: NeededNodes;
  readonly #prediction: Tensor;
  readonly #names = new Set<string>();
  readonly #values = new Map<string, LayerOutput>();

  constructor(given: Weights, needed: NeededNodes, prediction: Tensor) {
    this.#given = given;
    this.#needed = needed;
    this.#prediction = prediction;
  }

  /** An input of the model. Whatever the data set stores, it is taken as numbers, single ones as lists of one. */
  input(tensor: Tensor): void {
    const layer = this.#reserve(tensor.name);
    const shape = tensor.shape.length === 0 ? [1] : tensor.shape;
    const config = { name: layer, batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
    this.layers.push({ name: layer, class_name: 'InputLayer', config, inbound_nodes: [] });
    this.inputs.push(layer);
    this.define(tensor, this.reshaped({ layer, shape }, tensor.shape));
  }

  /** The value of a tensor of each sample. */
  value({ name }: Tensor): LayerOutput {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`tensor ${name} is used before it is written`);
    return value;
  }

  /** Says that a layer gives what a node gives. */
  define({ name }: Pick<Tensor, 'name'>, value: LayerOutput): void {
    this.#values.set(name, value);
  }

  /** A node gives what its input is: it does something in training only. */
  alias(node: OpNode, input: Tensor): void {
    this.define(node, this.value(input));
  }

  /** Whether an earlier node's layer has computed the node's value, too. */
  isDefined({ name }: OpNode): boolean {
    return this.#values.has(name);
  }

  /** The bias node that takes what a node gives, and nothing else does: a layer can compute both. */
  biasBehind(node: OpNode): OpNode | undefined {
    return biasBehind(node, this.#needed, this.#prediction);
  }

  /** A layer whose output is what a node gives. */
  write(
    node: OpNode,
    className: string,
    inputs: readonly LayerOutput[],
    config: LayerConfig = {},
    weights: LayerWeights = {},
  ): void {
    this.define(node, this.step(className, inputs, node.output.shape, { name: node.name, config, weights }));
  }

  /** A layer on the way to what a node gives. @param shape of its output. */
  step(
    className: string,
    inputs: readonly LayerOutput[],
    shape: Shape,
    given: { readonly name?: string; readonly config?: LayerConfig; readonly weights?: LayerWeights } = {},
  ): LayerOutput {
    const layer = this.#reserve(given.name ?? `${inputs[0]?.layer ?? ''}.${className}`);
    const inbound = this.#distinct(inputs).map(({ layer: from }) => [from, 0, 0, {}]);
    const config = { name: layer, trainable: true, dtype: 'float32', ...given.config };
    this.layers.push({ name: layer, class_name: className, config, inbound_nodes: [inbound] });
    for (const [key, weight] of Object.entries(given.weights ?? {})) {
      this.weights.push({ name: `${layer}/${key}`, ...weight });
    }
    return { layer, shape };
  }

  /** What a parameter or a state holds. @throws {InputError} if it is not among the weights. */
  parameter({ name, shape }: Tensor): LayerWeight {
    return { shape, values: findWeights(this.#given, name) };
  }

  /** A value's elements in another shape. */
  reshaped(value: LayerOutput, shape: Shape): LayerOutput {
    if (value.shape.join() === shape.join()) return value;
    if (elementsOf(value.shape) !== elementsOf(shape))
      throw new Error(`[${value.shape}] is not as large as [${shape}]`);
    return this.step('Reshape', [value], shape, { config: { target_shape: [...shape] } });
  }

  /**
   * A layer's inputs, each only once: TensorFlow.js counts a layer that takes a value twice as one that needs it, then as two that
   * have had it, and frees the value before others have.
   */
  #distinct(inputs: readonly LayerOutput[]): readonly LayerOutput[] {
    const config = { activation: 'linear' };
    return inputs.map((input, at) => {
      const isFirst = inputs.findIndex(({ layer }) => layer === input.layer) === at;
      return isFirst ? input : this.step('Activation', [input], input.shape, { config });
    });
  }

  /** A name that no layer has yet. */
  #reserve(wish: string): string {
    let name = wish;
    for (let number = 2; this.#names.has(name); number++) name = `${wish}.${number}`;
    this.#names.add(name);
    return name;
  }
}
