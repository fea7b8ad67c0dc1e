// Builds a graph by hand, in TypeScript: every method adds a node and returns its name, to be used by later ones.

import type { Graph, GraphInput, GraphNode } from '../engine/graph.ts';
import type { Initializer } from '../engine/ops/parameter.ts';
import type { Padding } from '../engine/ops/window.ts';
import type { Shape } from '../engine/shape.ts';

/** The name of a tensor of the graph being built. */
export type TensorName = string & { readonly kind: 'tensor name' };

export interface ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: Padding;
}

export interface PoolingOptions extends ConvolutionOptions {
  readonly size: number;
}

/** What a finished graph is trained on and reports. */
export interface GraphOutputs {
  readonly loss: TensorName;
  readonly metrics?: Readonly<Record<string, TensorName>>;
  readonly prediction: TensorName;
}

export class GraphBuilder {
  readonly #inputs: GraphInput[] = [];
  readonly #nodes: GraphNode[] = [];

  /** A tensor of each sample, `shape` without the batch dimension. */
  input(input: GraphInput): TensorName {
    this.#inputs.push(input);
    return input.name as TensorName;
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

  parameter(name: string, shape: Shape, initializer: Initializer): TensorName {
    return this.node(name, 'parameter', [], { shape, initializer });
  }

  /** x [inner] times weight [inner, columns]. */
  matmul(name: string, x: TensorName, weight: TensorName): TensorName {
    return this.node(name, 'matmul', [x, weight]);
  }

  /** x plus bias [channels] along the last dimension. */
  bias(name: string, x: TensorName, bias: TensorName): TensorName {
    return this.node(name, 'bias', [x, bias]);
  }

  /** x [height, width, channels], filters [kernelHeight, kernelWidth, channels, filters]. */
  conv2d(name: string, x: TensorName, filters: TensorName, options: ConvolutionOptions = {}): TensorName {
    return this.node(name, 'conv2d', [x, filters], { ...options });
  }

  maxPool(name: string, x: TensorName, options: PoolingOptions): TensorName {
    return this.node(name, 'maxPool', [x], { ...options });
  }

  averagePool(name: string, x: TensorName, options: PoolingOptions): TensorName {
    return this.node(name, 'averagePool', [x], { ...options });
  }

  activation(name: string, kind: 'relu' | 'sigmoid' | 'tanh', x: TensorName): TensorName {
    return this.node(name, kind, [x]);
  }

  /** x * factor + offset; takes stored bytes to f32. */
  scale(name: string, x: TensorName, factor: number, offset = 0): TensorName {
    return this.node(name, 'scale', [x], { factor, offset });
  }

  reshape(name: string, x: TensorName, shape: Shape): TensorName {
    return this.node(name, 'reshape', [x], { shape });
  }

  add(name: string, left: TensorName, right: TensorName): TensorName {
    return this.node(name, 'add', [left, right]);
  }

  softmax(name: string, logits: TensorName): TensorName {
    return this.node(name, 'softmax', [logits]);
  }

  oneHot(name: string, labels: TensorName, classes: number): TensorName {
    return this.node(name, 'oneHot', [labels], { classes });
  }

  softmaxCrossEntropy(name: string, logits: TensorName, labels: TensorName): TensorName {
    return this.node(name, 'softmaxCrossEntropy', [logits, labels]);
  }

  sumOfSquaredErrors(name: string, output: TensorName, target: TensorName): TensorName {
    return this.node(name, 'sumOfSquaredErrors', [output, target]);
  }

  accuracy(name: string, logits: TensorName, labels: TensorName): TensorName {
    return this.node(name, 'accuracy', [logits, labels]);
  }

  /** The graph; it is checked where it is compiled, or by `parseGraph` and `buildModel` at once. */
  finish({ loss, metrics = {}, prediction }: GraphOutputs): Graph {
    return { inputs: [...this.#inputs], nodes: [...this.#nodes], loss, metrics, prediction };
  }
}
