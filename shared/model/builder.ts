// Builds a graph by hand, in TypeScript: every method adds a node and returns its name, to be used by later ones.

import type { Initializer } from '../engine/ops/parameter.ts';
import type { Padding } from '../engine/ops/window.ts';
import type { Shape } from '../engine/shape.ts';
import { GraphDraft, type TensorName } from './graph_draft.ts';

export type { GraphOutputs, TensorName } from './graph_draft.ts';

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

/** How attention sees positions. */
export interface AttentionOptions {
  /** How many there are. */
  readonly heads: number;
  /** Heads of keys and values, each shared by as many of the queries; `heads` if left out. */
  readonly keyValueHeads?: number;
  /** Whether a position sees only itself and those before it; false if left out. */
  readonly causal?: boolean;
  /** Turns queries and keys by their positions (RoPE): element i of a head’s first half by position / base^(2i / size). */
  readonly rotary?: { readonly base: number };
}

/**
 * Builds an op graph node by node; shapes are per sample, without the samples’ dimension. Nodes are checked when the graph
 * is used: `defineJob` names the one that does not fit.
 */
export class GraphBuilder extends GraphDraft {
  /** Learnt weights of a shape, with the values that they start from. */
  parameter(name: string, shape: Shape, initializer: Initializer): TensorName {
    return this.node(name, 'parameter', [], { shape, initializer });
  }

  /**
   * x [..., inner] times weight [inner, columns]; or, `transposed`, times a weight [columns, inner], as an embedding’s table
   * that is used a second time.
   */
  matmul(name: string, x: TensorName, weight: TensorName, options: { readonly transposed?: boolean } = {}): TensorName {
    return this.node(name, 'matmul', [x, weight], options.transposed === true ? { transposed: true } : undefined);
  }

  /** Rows of a table [entries, width], chosen by ids [...]: [..., width]. Ids are an input of the graph, u8 or i32. */
  embedding(name: string, ids: TensorName, table: TensorName): TensorName {
    return this.node(name, 'embedding', [ids, table]);
  }

  /**
   * Multi-head attention: queries [positions, heads * size], keys and values [positions, keyValueHeads * size], to
   * [positions, heads * size].
   */
  attention(
    name: string,
    queries: TensorName,
    keys: TensorName,
    values: TensorName,
    options: AttentionOptions,
  ): TensorName {
    return this.node(name, 'attention', [queries, keys, values], { ...options });
  }

  /**
   * In training, each element of x is 0 with the probability `rate`, else x / (1 − rate). The mask is drawn from `seed`, the
   * step and the sample; `stream` tells apart the dropouts of a graph.
   */
  dropout(
    name: string,
    x: TensorName,
    options: { readonly rate: number; readonly seed: number; readonly stream?: number },
  ): TensorName {
    return this.node(name, 'dropout', [x], { ...options });
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

  /** left plus right, element by element, of one shape or broadcast to one; either may be a parameter. */
  add(name: string, left: TensorName, right: TensorName): TensorName {
    return this.node(name, 'add', [left, right]);
  }

  /** left times right, element by element, of one shape or broadcast to one; either may be a parameter. */
  multiply(name: string, left: TensorName, right: TensorName): TensorName {
    return this.node(name, 'multiply', [left, right]);
  }

  /** e^x / Σ e^x along an axis, the last one if left out: logits [..., classes] to probabilities [..., classes]. */
  softmax(name: string, logits: TensorName, axis?: number): TensorName {
    return this.node(name, 'softmax', [logits], axis === undefined ? undefined : { axis });
  }

  /** The dimensions of x in another order: dimension i of the output is dimension order[i] of x; reversed if left out. */
  transpose(name: string, x: TensorName, order?: readonly number[]): TensorName {
    return this.node(name, 'transpose', [x], order === undefined ? undefined : { order: [...order] });
  }

  /** `length` indices of x along an axis, from `start` on (0 if left out). A negative axis counts from the last one, −1. */
  slice(
    name: string,
    x: TensorName,
    options: { readonly axis: number; readonly start?: number; readonly length: number },
  ): TensorName {
    return this.node(name, 'slice', [x], { ...options });
  }

  /** Tensors one behind the other along an axis, the last one if left out; alike along all others. */
  concat(name: string, inputs: readonly TensorName[], axis?: number): TensorName {
    return this.node(name, 'concat', inputs, axis === undefined ? undefined : { axis });
  }

  /** left [..., rows, inner] times right [..., inner, columns], matrix by matrix; either may be given transposed. */
  batchedMatmul(
    name: string,
    left: TensorName,
    right: TensorName,
    options: { readonly transposedLeft?: boolean; readonly transposedRight?: boolean } = {},
  ): TensorName {
    return this.node(name, 'batchedMatmul', [left, right], { ...options });
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
}

/** A node that states no option is written without attributes. */
function given(options: CountingOptions): Readonly<Record<string, unknown>> | undefined {
  return Object.keys(options).length === 0 ? undefined : { ...options };
}
