// Builds a graph by hand, in TypeScript: every method adds a node and returns its name, to be used by later ones.

import type { Graph, GraphInput, GraphNode } from '../engine/graph.ts';
import type { Initializer } from '../engine/ops/parameter.ts';
import type { Padding } from '../engine/ops/window.ts';
import type { Shape } from '../engine/shape.ts';

/** The name of a tensor of the graph being built. */
export type TensorName = string & { readonly kind: 'tensor name' };

/** How a window moves over an image. */
export interface ConvolutionOptions {
  /** 1 if left out. */
  readonly stride?: number;
  /** `valid` if left out; `same`: the output is as large as the input, over the stride. */
  readonly padding?: Padding;
}

/** A window, and how it moves over an image; `stride` is `size` if left out. */
export interface PoolingOptions extends ConvolutionOptions {
  /** Height and width of the window. */
  readonly size: number;
}

/** How losses and metrics count labels of several positions in a sample. */
export interface CountingOptions {
  /** The label of positions that count nothing. */
  readonly ignored?: number;
  /** A sample’s mean over the positions that count, instead of their sum. */
  readonly average?: boolean;
}

export interface CrossEntropyOptions extends CountingOptions {
  /** The part of the target that is spread evenly over all classes, from 0 to below 1; 0 if left out. */
  readonly labelSmoothing?: number;
}

/** What a finished graph is trained on and reports. */
export interface GraphOutputs {
  /** Its sum over the samples is what is minimised. */
  readonly loss: TensorName;
  /** Reported beside the loss, by name. */
  readonly metrics?: Readonly<Record<string, TensorName>>;
  /** What `predict` gives. */
  readonly prediction: TensorName;
}

/**
 * Builds an op graph node by node; shapes are per sample, without the samples’ dimension. Nodes are checked when the graph
 * is used: `defineJob` names the one that does not fit.
 */
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

  /** Learnt weights of a shape, with the values that they start from. */
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

  /** Each channel’s largest value in a window: [height, width, channels] to [height’, width’, channels]. */
  maxPool(name: string, x: TensorName, options: PoolingOptions): TensorName {
    return this.node(name, 'maxPool', [x], { ...options });
  }

  /** Each channel’s mean in a window: [height, width, channels] to [height’, width’, channels]. */
  averagePool(name: string, x: TensorName, options: PoolingOptions): TensorName {
    return this.node(name, 'averagePool', [x], { ...options });
  }

  /** A function of each element, any shape to the same shape. */
  activation(name: string, kind: 'relu' | 'sigmoid' | 'tanh', x: TensorName): TensorName {
    return this.node(name, kind, [x]);
  }

  /** x * factor + offset; takes stored bytes to f32. */
  scale(name: string, x: TensorName, factor: number, offset = 0): TensorName {
    return this.node(name, 'scale', [x], { factor, offset });
  }

  /** (x − mean) / deviation along the last dimension, from stored bytes or f32; single numbers are for all of it. */
  standardize(name: string, x: TensorName, mean: readonly number[], deviation: readonly number[]): TensorName {
    return this.node(name, 'standardize', [x], { mean, deviation });
  }

  /** The same elements in another shape. */
  reshape(name: string, x: TensorName, shape: Shape): TensorName {
    return this.node(name, 'reshape', [x], { shape });
  }

  /** left plus right, element by element: two tensors of one shape. */
  add(name: string, left: TensorName, right: TensorName): TensorName {
    return this.node(name, 'add', [left, right]);
  }

  /** Logits [classes] to probabilities [classes]. */
  softmax(name: string, logits: TensorName): TensorName {
    return this.node(name, 'softmax', [logits]);
  }

  /** A label to [classes]: 1 at the label, 0 elsewhere. */
  oneHot(name: string, labels: TensorName, classes: number): TensorName {
    return this.node(name, 'oneHot', [labels], { classes });
  }

  /** A loss for classes: −log of the probability that the softmax of logits [..., classes] gives to the label [...]. */
  softmaxCrossEntropy(
    name: string,
    logits: TensorName,
    labels: TensorName,
    options: CrossEntropyOptions = {},
  ): TensorName {
    return this.node(name, 'softmaxCrossEntropy', [logits, labels], given(options));
  }

  /** A loss for numbers: ½ Σ (output − target)², of two tensors of one shape. */
  sumOfSquaredErrors(name: string, output: TensorName, target: TensorName): TensorName {
    return this.node(name, 'sumOfSquaredErrors', [output, target]);
  }

  /** A metric: 1 where the largest of logits [..., classes] is the label’s, else 0. */
  accuracy(name: string, logits: TensorName, labels: TensorName, options: CountingOptions = {}): TensorName {
    return this.node(name, 'accuracy', [logits, labels], given(options));
  }

  /** The graph; it is checked where it is compiled, or by `parseGraph` and `buildModel` at once. */
  finish({ loss, metrics = {}, prediction }: GraphOutputs): Graph {
    return { inputs: [...this.#inputs], nodes: [...this.#nodes], loss, metrics, prediction };
  }
}

/** A node that states no option is written without attributes. */
function given(options: CountingOptions): Readonly<Record<string, unknown>> | undefined {
  return Object.keys(options).length === 0 ? undefined : { ...options };
}
