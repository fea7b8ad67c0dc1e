// What an op's exporter writes to: the ONNX graph being built.
//
// ONNX's image operators have the channels first, ours have them last. So a tensor of an image may be there in either
// layout or in both: an exporter asks for the one that its operator takes, and a Transpose appears only where that is not
// there yet. Between convolutions, norms, activations and pooling there is none.

import type { OpNode, Tensor } from '../../engine/ops/op.ts';
import { elementsOf, type Shape } from '../../engine/shape.ts';
import { InputError } from '../../errors.ts';
import type { OnnxAttribute, OnnxAttributes, OnnxElementType, OnnxNode, OnnxTensor } from '../onnx_model.ts';

/** `stored`: as the engine has it; `channels first`: an image [channels, height, width]. */
export type Layout = 'stored' | 'channels first';

/** What a tensor is called in either layout, as far as it is there. */
type Places = Partial<Record<Layout, string>>;

export type AttributeValue = number | string | readonly number[] | OnnxAttribute;

/** Weights by name, flat and row-major. */
export type Weights = ReadonlyMap<string, Float32Array>;

const imageRank = 3;

/** From [samples, height, width, channels], and back. */
const toChannelsFirst = [0, 3, 1, 2];
const toStored = [0, 2, 3, 1];

export class OnnxWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  readonly #weights: Weights;
  readonly #values = new Map<string, Places>();
  readonly #names = new Set<string>();

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  /** A name that no value has yet. */
  reserve(wish: string): string {
    let name = wish;
    for (let number = 2; this.#names.has(name); number++) name = `${wish}.${number}`;
    this.#names.add(name);
    return name;
  }

  /** The value of a tensor of each sample. */
  value(tensor: Tensor, layout: Layout = 'stored'): string {
    const places = this.#places(tensor);
    const known = places[layout];
    if (known !== undefined) return known;
    const other = layout === 'stored' ? places['channels first'] : places.stored;
    if (other === undefined || tensor.shape.length !== imageRank) {
      throw new Error(`tensor ${tensor.name} is not there ${layout}`);
    }
    const order = layout === 'stored' ? toStored : toChannelsFirst;
    const made = this.step('Transpose', [other], { perm: order }, `${tensor.name}.${layout.replace(' ', '_')}`);
    places[layout] = made;
    return made;
  }

  /** The layout in which a tensor need not be transposed. */
  layoutOf(...tensors: readonly Tensor[]): Layout {
    const isFirst = tensors.every((tensor) => this.#places(tensor)['channels first'] !== undefined);
    return isFirst ? 'channels first' : 'stored';
  }

  /** Says that a value is what a node gives. */
  define(node: OpNode, value: string, layout: Layout = 'stored'): void {
    this.#values.set(node.name, { [layout]: value });
  }

  /** Says what an input of the graph is called. */
  defineInput(tensor: Tensor, value: string): void {
    this.#values.set(tensor.name, { stored: value });
  }

  /** A node gives what its input is: it does something in training only. */
  alias(node: OpNode, input: Tensor): void {
    this.#values.set(node.name, this.#places(input));
  }

  /** An operator whose output is what a node gives. */
  write(
    node: OpNode,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    layout: Layout = 'stored',
  ): void {
    this.define(node, this.step(opType, inputs, attributes, node.name), layout);
  }

  /** An operator on the way to what a node gives. @returns its output, called `name` or like it. */
  step(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    name = opType,
  ): string {
    const output = this.reserve(name);
    this.operator(opType, inputs, [output], attributes);
    return output;
  }

  /** An operator with outputs of names that have been reserved. */
  operator(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    this.nodes.push({
      name: `${outputs.find((output) => output !== '') ?? ''}/${opType}`,
      opType,
      inputs,
      outputs,
      attributes: asAttributes(attributes),
    });
  }

  /** What a parameter or a state holds. @throws {InputError} if it is not among the weights. */
  weightsOf(tensor: Tensor): Float32Array {
    const values = this.#weights.get(tensor.name);
    if (values === undefined) throw new InputError(`tensor ${tensor.name} is missing`);
    return values;
  }

  /**
   * A parameter or a state as a weight of the file, with its own name.
   * @param order its dimensions, where the operator wants them in another order.
   */
  parameter(tensor: Tensor, order?: readonly number[]): string {
    const values = this.weightsOf(tensor);
    if (order === undefined) return this.#initializer(tensor.name, 'f32', tensor.shape, bytesOf(values));
    const { shape, values: moved } = transpose(values, tensor.shape, order);
    return this.#initializer(`${tensor.name}.${order.join('')}`, 'f32', shape, bytesOf(moved));
  }

  /** Numbers that the file holds. Where the name is taken by the same ones, they are shared. */
  constant(name: string, values: Float32Array, shape: Shape = []): string {
    return this.#initializer(name, 'f32', shape, bytesOf(values));
  }

  number(value: number): string {
    return this.constant(`number.${value}`, Float32Array.of(value));
  }

  /** A list of sizes, axes or indices. */
  integers(values: readonly number[]): string {
    const list = BigInt64Array.from(values, BigInt);
    return this.#initializer(`integers.${values.join('_')}`, 'i64', [values.length], new Uint8Array(list.buffer));
  }

  #initializer(wish: string, type: OnnxElementType, shape: Shape, bytes: Uint8Array): string {
    const known = this.initializers.get(wish);
    if (known === undefined && !this.#names.has(wish)) {
      this.#names.add(wish);
      this.initializers.set(wish, { name: wish, type, shape, bytes });
      return wish;
    }
    if (known !== undefined && known.type === type && isSame(known, shape, bytes)) return wish;
    return this.#initializer(`${wish}.other`, type, shape, bytes);
  }

  #places(tensor: Tensor): Places {
    const places = this.#values.get(tensor.name);
    if (places === undefined) throw new Error(`tensor ${tensor.name} is used before it is written`);
    return places;
  }
}

function isSame(known: OnnxTensor, shape: Shape, bytes: Uint8Array): boolean {
  return known.shape.join() === shape.join() && known.bytes.every((byte, at) => byte === bytes[at]);
}

function asAttributes(given: Readonly<Record<string, AttributeValue>>): OnnxAttributes {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asAttribute(value)]));
}

/** Numbers are integers here; a float says so by its kind. */
function asAttribute(value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'text', value };
  return 'kind' in value ? value : { kind: 'ints', value };
}

export function float(value: number): OnnxAttribute {
  return { kind: 'float', value };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The dimensions in another order: dimension i of the result is dimension `order[i]`. */
export function transpose(
  values: Float32Array,
  shape: Shape,
  order: readonly number[],
): { readonly values: Float32Array; readonly shape: Shape } {
  const moved = order.map((dimension) => shape[dimension] ?? 1);
  const strides = shape.map((_, dimension) => elementsOf(shape.slice(dimension + 1)));
  const steps = order.map((dimension) => strides[dimension] ?? 1);
  const result = new Float32Array(values.length);
  for (let at = 0; at < result.length; at++) {
    let [rest, from] = [at, 0];
    for (let dimension = moved.length - 1; dimension >= 0; dimension--) {
      const size = moved[dimension] ?? 1;
      from += (rest % size) * (steps[dimension] ?? 1);
      rest = Math.floor(rest / size);
    }
    result[at] = values[from] ?? 0;
  }
  return { values: result, shape: moved };
}
