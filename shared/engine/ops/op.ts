// What an op is: its attributes, its shape rule, its kernels, its gradient rule and its meaning in plain f64 loops,
// each op in one file. Adding an op is adding a file and a line to registered_ops.ts.

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import type { Emitter } from '../emitter.ts';
import type { ElementType } from '../graph.ts';
import type { ProgramVariables } from '../program.ts';
import { type Shape, shapeText } from '../shape.ts';
import type { SumRange } from '../sum_range.ts';
import type { EpilogueStep } from './epilogue.ts';

/**
 * A parameter has one value for all samples, and so has a state, a running statistic; a batch tensor has one for each, a
 * label among them; a sum is one number.
 */
export interface TensorType {
  readonly kind: 'parameter' | 'state' | 'batch' | 'sum';
  readonly type: ElementType;
  /** Per sample, for a batch tensor. */
  readonly shape: Shape;
  /** Of a parameter that is not trained: it has a place of its own, and no gradient. */
  readonly isFrozen?: true;
}

/** A tensor of the graph: an input or a node's output. */
export interface Tensor extends TensorType {
  readonly name: string;
  /** What computes it; undefined for a graph input. */
  readonly node: OpNode | undefined;
}

/** A node with its op found, its attributes parsed and its shapes inferred. */
export interface OpNode {
  readonly name: string;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly output: Tensor;
}

// Attributes are parsed by the op's own schema; each op knows their type.
export type Attributes = Readonly<Record<string, unknown>>;

/** exp, log, tanh, sin and cos in f64: an argument, because those of JavaScript engines differ. */
export interface Mathematics {
  readonly exp: (x: number) => number;
  readonly log: (x: number) => number;
  readonly tanh: (x: number) => number;
  readonly sin: (x: number) => number;
  readonly cos: (x: number) => number;
}

/** Values of a tensor over `samples` samples, in f64. */
export interface ReferenceArguments {
  readonly node: OpNode;
  readonly inputs: readonly Float64Array[];
  readonly samples: number;
  readonly mathematics: Mathematics;
  /** The program's variables. */
  readonly variables: Readonly<ProgramVariables>;
  /** Whether the samples are those of a microbatch in training; else they are predicted. */
  readonly isTraining: boolean;
  /** Ops with kinks or choices report them, so that a numerical check can tell when a difference crosses one. */
  readonly choose: (choice: number) => void;
}

export interface Op {
  readonly name: string;
  readonly attributes: v.GenericSchema<unknown, Attributes>;
  /** The output's type from the inputs'. @throws {InputError} through `mismatch`. */
  readonly infer: (inputs: readonly Tensor[], attributes: Attributes, nodeName: string) => TensorType;
  /** Emits the kernels that compute the output, and whatever of the following nodes they take over. */
  readonly forward: (emit: Emitter, node: OpNode) => void;
  /** What an earlier node's kernel can do in this one's place; absent where none can. */
  readonly epilogue?: (node: OpNode) => EpilogueStep;
  /** Emits the kernels that give the inputs their gradients; absent where nothing is differentiated. */
  readonly gradient?: (emit: Emitter, node: OpNode) => void;
  /** Of an op that gives a sum: what each sample can add to it; absent where that has no bounds. */
  readonly sumRange?: (node: OpNode) => SumRange;
  /** The op in plain loops. */
  readonly reference: (given: ReferenceArguments) => Float64Array;
}

/** Shapes or types that do not fit. `difference` leaves the place out, so that a layer can say it is its own. */
export class MismatchError extends InputError {
  readonly #difference: string;

  constructor(place: string, expected: string, found: string) {
    const difference = `expected ${expected}, found ${found}`;
    super(`${place}: ${difference}`);
    this.#difference = difference;
  }

  get difference(): string {
    return this.#difference;
  }
}

/** The error for shapes that do not fit: names the node, what it expected and what it found. */
export function mismatch(nodeName: string, op: string, expected: string, found: string): MismatchError {
  return new MismatchError(`node ${nodeName} (${op})`, expected, found);
}

/** Says in words what a tensor is. */
export function describeTensor({ name, kind, type, shape }: Tensor): string {
  return `${name}: ${kind === 'batch' ? '' : `${kind} `}${type} ${shapeText(shape)}`;
}

/** Takes exactly as many inputs as named. */
export function takeInputs<const Names extends readonly string[]>(
  inputs: readonly Tensor[],
  names: Names,
  nodeName: string,
  op: string,
): { readonly [index in keyof Names]: Tensor } {
  if (inputs.length !== names.length) {
    throw mismatch(nodeName, op, `${names.length} inputs (${names.join(', ')})`, `${inputs.length}`);
  }
  return inputs as { readonly [index in keyof Names]: Tensor };
}

/** Refuses an input that is not an f32 tensor of each sample. */
export function requireBatch(tensor: Tensor, nodeName: string, op: string): void {
  if (tensor.kind !== 'batch' || tensor.type !== 'f32') {
    throw mismatch(
      nodeName,
      op,
      'an f32 tensor of each sample (put a scale op behind stored bytes)',
      describeTensor(tensor),
    );
  }
}

/** Refuses an input that is not class labels, or other whole numbers that the data gives (`what`). */
export function requireLabels(tensor: Tensor, nodeName: string, op: string, what = 'class labels'): void {
  if (tensor.node !== undefined || tensor.type === 'f32') {
    throw mismatch(nodeName, op, `${what}: a u8 or i32 input`, describeTensor(tensor));
  }
}

export const noAttributes = v.strictObject({});

/** The only input of a node, whose shape rule has counted them. */
export function inputOf(node: OpNode, index = 0): Tensor {
  const input = node.inputs[index];
  if (input === undefined) throw new Error(`node ${node.name} has no input ${index}`);
  return input;
}

/** A reference input, whose presence the shape rule has checked. */
export function valuesOf({ inputs, node }: ReferenceArguments, index = 0): Float64Array {
  const values = inputs[index];
  if (values === undefined) throw new Error(`node ${node.name} has no input ${index}`);
  return values;
}
