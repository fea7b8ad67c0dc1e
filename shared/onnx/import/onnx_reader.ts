// What an operator's importer reads from and writes to: values of the ONNX graph by name, and our graph in the making.
//
// A value is either constant, known while the graph is read, or a tensor of each sample. ONNX has an image's channels
// first, we have them last: a tensor is marked as an image where its elements are in our order and the reader's in ONNX's.
// In constant shapes the dimension of the samples stands as 0, which is how a reshape says "as it is".

import type { GraphNode } from '../../engine/graph.ts';
import { buildNode } from '../../engine/model.ts';
import { MismatchError, type Tensor } from '../../engine/ops/op.ts';
import { elementsOf, type Shape, shapeText } from '../../engine/shape.ts';
import type { StateUpdate } from '../../engine/state_updates.ts';
import { InputError } from '../../errors.ts';
import { reorder } from '../../export/weights.ts';
import type { OnnxNode, OnnxTensor } from '../onnx_model.ts';

/** Known numbers. */
export interface Constant {
  readonly kind: 'constant';
  readonly values: Float64Array;
  readonly shape: Shape;
}

/** A tensor of each sample in our graph. */
export interface SampleTensor {
  readonly kind: 'tensor';
  readonly tensor: Tensor;
  /** Whether ONNX has [channels, height, width] where the tensor is [height, width, channels]. */
  readonly isImage: boolean;
}

export type ImportedValue = Constant | SampleTensor;

export interface ImportedWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** The size of the samples' dimension in constant shapes. */
export const anySamples = 0;

export class OnnxReader {
  readonly nodes: GraphNode[] = [];
  readonly weights: ImportedWeight[] = [];
  readonly #values = new Map<string, ImportedValue>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #names = new Set<string>();

  /** Says what a value of the ONNX graph is. */
  define(name: string, value: ImportedValue): void {
    this.#values.set(name, value);
  }

  /** Keeps a name from what is read: something else has it. */
  reserve(name: string): void {
    this.#names.add(name);
  }

  /** An input of our graph. */
  input(tensor: Tensor, name: string, isImage: boolean): void {
    this.#names.add(tensor.name);
    this.#tensors.set(tensor.name, tensor);
    this.define(name, { kind: 'tensor', tensor, isImage });
  }

  value(name: string): ImportedValue {
    const value = this.#values.get(name);
    if (value === undefined) throw new InputError(`value ${name} is used before it is computed`);
    return value;
  }

  /** The value of an operator's input; undefined where an optional one is left out. */
  at(node: OnnxNode, index: number): ImportedValue | undefined {
    const name = node.inputs[index];
    return name === undefined || name === '' ? undefined : this.value(name);
  }

  /** @throws {InputError} if the input is no tensor of each sample. */
  tensorAt(node: OnnxNode, index = 0): SampleTensor {
    const value = this.at(node, index);
    if (value?.kind === 'tensor') return value;
    throw refusal(node, `input ${index + 1} is a constant, expected what is computed for each sample`);
  }

  /** @throws {InputError} if the input is not known before the model runs. */
  constantAt(node: OnnxNode, index: number): Constant {
    const value = this.at(node, index);
    if (value?.kind === 'constant') return value;
    throw refusal(
      node,
      `input ${index + 1} ${value === undefined ? 'is missing' : 'is computed for each sample'}, expected a constant`,
    );
  }

  /** An image, [height, width, channels]. */
  imageAt(node: OnnxNode, index = 0): Tensor {
    const { tensor, isImage } = this.tensorAt(node, index);
    if (isImage) return tensor;
    if (tensor.shape.length !== 3)
      throw refusal(node, `takes images here, found ${shapeText(tensor.shape)} for each sample`);
    return this.node(`${tensor.name}.channels_last`, 'transpose', [tensor], { order: [1, 2, 0] });
  }

  /** A tensor whose elements are in ONNX's order. */
  plainAt(node: OnnxNode, index = 0): Tensor {
    return this.plain(this.tensorAt(node, index));
  }

  plain({ tensor, isImage }: SampleTensor): Tensor {
    if (!isImage) return tensor;
    const [height = 1, width = 1, channels = 1] = tensor.shape;
    const name = `${tensor.name}.channels_first`;
    // One pixel, or one channel: the order is the same.
    const isSame = height * width === 1 || channels === 1;
    return isSame
      ? this.node(name, 'reshape', [tensor], { shape: [channels, height, width] })
      : this.node(name, 'transpose', [tensor], { order: [2, 0, 1] });
  }

  /** Appends a node of ours. @throws {InputError} if its inputs do not fit. */
  node(wish: string, op: string, inputs: readonly Tensor[], attributes?: Readonly<Record<string, unknown>>): Tensor {
    const name = this.#nameFor(wish);
    const node: GraphNode = { name, op, inputs: inputs.map((input) => input.name), ...(attributes && { attributes }) };
    const { output } = buildNode(node, this.#tensors);
    this.nodes.push(node);
    this.#tensors.set(name, output);
    return output;
  }

  /** Appends a node of ours that computes an operator's output. */
  write(
    node: OnnxNode,
    op: string,
    inputs: readonly Tensor[],
    { attributes, isImage = false }: WriteOptions = {},
  ): void {
    const output = outputOf(node);
    this.define(output, { kind: 'tensor', tensor: this.node(output, op, inputs, attributes), isImage });
  }

  /** Constant numbers as a parameter of ours. */
  parameter(wish: string, { values, shape }: Constant, order?: readonly number[]): Tensor {
    const given = Float32Array.from(values);
    const turned = order === undefined ? { values: given, shape } : reorder(given, shape, order);
    const initializer = { kind: 'constant', value: 0 };
    const tensor = this.node(wish, 'parameter', [], { shape: turned.shape, initializer });
    this.weights.push({ name: tensor.name, ...turned });
    return tensor;
  }

  /** Constant numbers as a running statistic of ours. */
  state(wish: string, { values, shape }: Constant, update: StateUpdate): Tensor {
    const tensor = this.node(wish, 'state', [], { shape, initial: 0, update });
    this.weights.push({ name: tensor.name, shape, values: Float32Array.from(values) });
    return tensor;
  }

  /** A name of the form that ours have, and that no tensor has yet. */
  #nameFor(wish: string): string {
    const plain = wish.replace(/[^A-Za-z0-9_.-]+/g, '_').replace(/^[^A-Za-z]+/, '');
    const base = (plain === '' ? 'tensor' : plain).slice(0, 90);
    let name = base;
    for (let number = 2; this.#names.has(name); number++) name = `${base}.${number}`;
    this.#names.add(name);
    return name;
  }
}

export interface WriteOptions {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly isImage?: boolean;
}

export function outputOf({ outputs }: OnnxNode): string {
  return outputs[0] ?? '';
}

/** The error for an operator that has no counterpart: says which one it is, and what of it. */
export function refusal({ opType, outputs }: OnnxNode, reason: string): InputError {
  return new InputError(`operator ${opType} (${outputs[0] ?? ''}): ${reason}`);
}

/** The same for what our op finds wrong. */
export function namingOperator<Result>(node: OnnxNode, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof MismatchError ? refusal(node, error.difference) : error;
  }
}

/** The shape that ONNX sees, with the samples' dimension. */
export function onnxShape({ tensor, isImage }: SampleTensor): Shape {
  const [height = 1, width = 1, channels = 1] = tensor.shape;
  return [anySamples, ...(isImage ? [channels, height, width] : tensor.shape)];
}

/** @throws {InputError} for a type of numbers that is none. */
export function constantOf({ name, type, shape, bytes }: OnnxTensor): Constant {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read: Readonly<Record<OnnxTensor['type'], (at: number) => number>> = {
    f32: (at) => view.getFloat32(4 * at, true),
    f64: (at) => view.getFloat64(8 * at, true),
    i64: (at) => Number(view.getBigInt64(8 * at, true)),
    i32: (at) => view.getInt32(4 * at, true),
    i8: (at) => view.getInt8(at),
    u8: (at) => view.getUint8(at),
    bool: (at) => view.getUint8(at),
  };
  const values = Float64Array.from({ length: elementsOf(shape) }, (_, at) => read[type](at));
  if (values.some((value) => Number.isNaN(value))) throw new InputError(`tensor ${name}: holds what is not a number`);
  return { kind: 'constant', values, shape };
}

interface AttributeValues {
  readonly int: number;
  readonly ints: readonly number[];
  readonly float: number;
  readonly text: string;
  readonly tensor: OnnxTensor;
}

/** An attribute of the node; `otherwise` where it is left out. */
export function attributeOf<Kind extends keyof AttributeValues, Otherwise>(
  node: OnnxNode,
  name: string,
  kind: Kind,
  otherwise: Otherwise,
): AttributeValues[Kind] | Otherwise {
  const attribute = node.attributes[name];
  if (attribute === undefined) return otherwise;
  if (attribute.kind !== kind) throw refusal(node, `attribute ${name} is ${attribute.kind}, expected ${kind}`);
  return attribute.value as AttributeValues[Kind];
}
