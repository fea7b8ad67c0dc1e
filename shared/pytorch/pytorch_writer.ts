// What an op's exporter writes to: a PyTorch module in the making, as Python, and its tensors.

import type { OpNode, Tensor } from '../engine/ops/op.ts';
import type { Shape } from '../engine/shape.ts';
import { biasBehind } from '../export/bias_behind.ts';
import type { NeededNodes } from '../export/needed_nodes.ts';
import { type Layout, TensorPlaces } from '../export/tensor_places.ts';
import { bytesOf, findWeights, reorder, type Weights } from '../export/weights.ts';
import type { SafeTensor } from '../safetensors/safetensors.ts';

/** A parameter of ours as a tensor of a PyTorch module. */
export interface ModuleTensor {
  /** Within the module, like `weight`. */
  readonly key: string;
  readonly tensor: Tensor;
  /** PyTorch's dimensions by ours, where it has them in another order. */
  readonly order?: readonly number[];
  /** PyTorch's shape, where it has dimensions that ours does not. */
  readonly shape?: Shape;
}

export class PytorchWriter {
  /** Lines of `__init__`. */
  readonly declarations: string[] = [];
  /** Lines of `forward`. */
  readonly lines: string[] = [];
  readonly tensors = new Map<string, SafeTensor>();
  readonly #weights: Weights;
  readonly #needed: NeededNodes;
  readonly #prediction: Tensor;
  readonly #variables = new Set<string>(['self', 'torch', 'nn', 'F']);
  readonly #defined = new Set<string>();
  /** Python for a parameter of ours, in our layout. */
  readonly #parameters = new Map<string, string>();
  readonly #modules = new Set<string>();
  readonly #places = new TensorPlaces((value, order, { name }) =>
    this.step(`${value}.permute(${order.join(', ')})`, name),
  );

  constructor(weights: Weights, needed: NeededNodes, prediction: Tensor) {
    this.#weights = weights;
    this.#needed = needed;
    this.#prediction = prediction;
  }

  /** A variable that `forward` has not used yet. */
  variable(wish: string): string {
    const plain = wish.replace(/\W/g, '_');
    let name = plain;
    for (let number = 2; this.#variables.has(name); number++) name = `${plain}_${number}`;
    this.#variables.add(name);
    return name;
  }

  value(tensor: Tensor, layout: Layout = 'stored'): string {
    return this.#places.value(tensor, layout);
  }

  layoutOf(...tensors: readonly Tensor[]): Layout {
    return this.#places.layoutOf(tensors);
  }

  define(tensor: Pick<Tensor, 'name'>, value: string, layout: Layout = 'stored'): void {
    this.#defined.add(tensor.name);
    this.#places.define(tensor, value, layout);
  }

  /** Whether an earlier node's module has computed the node's value, too. */
  isDefined({ name }: OpNode): boolean {
    return this.#defined.has(name);
  }

  alias(node: OpNode, input: Tensor): void {
    this.#places.alias(node, input);
  }

  /** An expression whose value is what a node gives. */
  write(node: OpNode, expression: string, layout: Layout = 'stored'): void {
    this.define(node, this.step(expression, node.name), layout);
  }

  /** An expression on the way there. @returns the variable that has its value. */
  step(expression: string, name: string): string {
    const variable = this.variable(name);
    this.lines.push(`${variable} = ${expression}`);
    return variable;
  }

  /** The bias node that takes what a node gives, and nothing else does: a module can compute both. */
  biasBehind(node: OpNode): OpNode | undefined {
    const user = biasBehind(node, this.#needed, this.#prediction);
    const bias = user?.inputs[1];
    return bias !== undefined && this.isFree(bias) ? user : undefined;
  }

  /** Whether a parameter has no place in a module yet. */
  isFree({ name }: Tensor): boolean {
    return !this.#parameters.has(name);
  }

  /**
   * Declares a module that has these tensors, under the name that they have in common, or else the node's.
   * @returns Python for it, like `self.dense1`.
   */
  module(node: OpNode, expression: string, tensors: readonly ModuleTensor[]): string {
    const path = this.#claim(commonPrefix(tensors.map(({ tensor }) => tensor.name)) ?? node.name);
    this.declarations.push(`self.${path} = ${expression}`);
    for (const { key, tensor, ...form } of tensors) this.#place(tensor, `${path}.${key}`, form);
    return `self.${path}`;
  }

  /** A tensor that PyTorch's module has and we do not. */
  add(name: string, tensor: Omit<SafeTensor, 'name'>): void {
    this.tensors.set(name, { name, ...tensor });
  }

  /** Python for a parameter in our layout: that of a module, or one of its own. */
  parameter(tensor: Tensor): string {
    const known = this.#parameters.get(tensor.name);
    if (known !== undefined) return known;
    const path = this.#claim(tensor.name);
    const empty = `torch.empty(${tensor.shape.join(', ')}${tensor.shape.length === 0 ? '()' : ''})`;
    this.declarations.push(`self.${path} = nn.Parameter(${empty})`);
    this.#place(tensor, path);
    return `self.${path}`;
  }

  #place(tensor: Tensor, name: string, { order, shape }: Pick<ModuleTensor, 'order' | 'shape'> = {}): void {
    const values = findWeights(this.#weights, tensor.name);
    const placed = order === undefined ? { values, shape: tensor.shape } : reorder(values, tensor.shape, order);
    this.tensors.set(name, safeTensor(name, shape ?? placed.shape, placed.values));
    const back = order?.map((_, dimension) => order.indexOf(dimension));
    const turned = back === undefined ? '' : `.permute(${back.join(', ')})`;
    this.#parameters.set(tensor.name, `self.${name}${turned}`);
  }

  /** A module's path that is free, with empty modules above it where there are none. */
  #claim(wish: string): string {
    const parts = wish.split('.').map((part) => part.replace(/\W/g, '_').replace(/^(?=\d)/, '_'));
    let path = parts.join('.');
    for (let number = 2; this.#modules.has(path); number++) path = `${parts.join('.')}_${number}`;
    for (let length = 1; length < parts.length; length++) {
      const above = parts.slice(0, length).join('.');
      if (this.#modules.has(above)) continue;
      this.#modules.add(above);
      this.declarations.push(`self.${above} = nn.Module()`);
    }
    this.#modules.add(path);
    return path;
  }
}

function safeTensor(name: string, shape: Shape, values: Float32Array): SafeTensor {
  return { name, type: 'F32', shape, bytes: bytesOf(values) };
}

/** `dense1` of `dense1.weight` and `dense1.bias`. */
function commonPrefix(names: readonly string[]): string | undefined {
  const prefixes = new Set(names.map((name) => name.slice(0, Math.max(0, name.lastIndexOf('.')))));
  const [prefix, ...others] = prefixes;
  return prefix === undefined || prefix === '' || others.length > 0 ? undefined : prefix;
}
