// What an op's exporter writes to: the ONNX graph being built.

import type { OpNode, Tensor } from '../../engine/ops/op.ts';
import type { Shape } from '../../engine/shape.ts';
import { type Layout, TensorPlaces } from '../../export/tensor_places.ts';
import { bytesOf, findWeights, reorder, type Weights } from '../../export/weights.ts';
import type { OnnxAttribute, OnnxAttributes, OnnxElementType, OnnxNode, OnnxTensor } from '../onnx_model.ts';

export type AttributeValue = number | string | readonly number[] | OnnxAttribute;

export type AttributeValues = Readonly<Record<string, AttributeValue>>;

export class OnnxWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  readonly #weights: Weights;
  readonly #names = new Set<string>();
  readonly #places = new TensorPlaces((value, order, { name }) =>
    this.step('Transpose', [value], { perm: order }, `${name}.turned`),
  );

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
    return this.#places.value(tensor, layout);
  }

  /** The layout in which none of the tensors need be transposed. */
  layoutOf(...tensors: readonly Tensor[]): Layout {
    return this.#places.layoutOf(tensors);
  }

  /** Says that a value is what a node gives, or an input. */
  define(tensor: Pick<Tensor, 'name'>, value: string, layout: Layout = 'stored'): void {
    this.#places.define(tensor, value, layout);
  }

  /** A node gives what its input is: it does something in training only. */
  alias(node: OpNode, input: Tensor): void {
    this.#places.alias(node, input);
  }

  /** An operator whose output is what a node gives. */
  write(
    node: OpNode,
    opType: string,
    inputs: readonly string[],
    attributes: AttributeValues = {},
    layout: Layout = 'stored',
  ): void {
    this.define(node, this.step(opType, inputs, attributes, node.name), layout);
  }

  /** An operator on the way to what a node gives. @returns its output, called `name` or like it. */
  step(opType: string, inputs: readonly string[], attributes: AttributeValues = {}, name = opType): string {
    const output = this.reserve(name);
    this.operator(opType, inputs, [output], attributes);
    return output;
  }

  /** An operator with outputs of names that have been reserved. */
  operator(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: AttributeValues = {},
  ): void {
    const name = `${outputs.find((output) => output !== '') ?? ''}/${opType}`;
    this.nodes.push({ name, opType, inputs, outputs, attributes: asAttributes(attributes) });
  }

  /** What a parameter or a state holds. @throws {InputError} if it is not among the weights. */
  weightsOf({ name }: Tensor): Float32Array {
    return findWeights(this.#weights, name);
  }

  /**
   * A parameter or a state as a weight of the file, with its own name.
   * @param order its dimensions, where the operator wants them in another order.
   */
  parameter(tensor: Tensor, order?: readonly number[]): string {
    const values = this.weightsOf(tensor);
    if (order === undefined) return this.constant(tensor.name, values, tensor.shape);
    const turned = reorder(values, tensor.shape, order);
    return this.constant(tensor.name, turned.values, turned.shape);
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
    if (known !== undefined && isSame(known, type, shape, bytes)) return wish;
    return this.#initializer(`${wish}.other`, type, shape, bytes);
  }
}

function isSame(known: OnnxTensor, type: OnnxElementType, shape: Shape, bytes: Uint8Array): boolean {
  const isAlike = known.type === type && known.shape.join() === shape.join();
  return isAlike && known.bytes.every((byte, at) => byte === bytes[at]);
}

function asAttributes(given: AttributeValues): OnnxAttributes {
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
