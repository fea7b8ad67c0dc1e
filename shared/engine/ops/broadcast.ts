// Broadcasting: two tensors of each sample, or one of them and a parameter, are brought to one shape. Dimensions are compared
// from the last one on; where one side has 1, or none, its values are repeated. A parameter is repeated for each sample.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, type Shape, shapeText } from '../shape.ts';
import { describeTensor, mismatch, type OpNode, type Tensor, type TensorType, takeInputs } from './op.ts';

/** Dimensions that kernels walk through. */
const maximumRank = 6;

/** The type of what an op gives that combines two broadcast tensors. @throws {MismatchError} */
export function inferBroadcast(inputs: readonly Tensor[], nodeName: string, op: string): TensorType {
  const [left, right] = takeInputs(inputs, ['left', 'right'], nodeName, op);
  for (const { kind, type, ...rest } of [left, right]) {
    if (type === 'f32' && (kind === 'batch' || kind === 'parameter')) continue;
    const expected = 'f32 tensors of each sample, or one and a parameter (put a scale op behind stored bytes)';
    throw mismatch(nodeName, op, expected, describeTensor({ kind, type, ...rest }));
  }
  if (left.kind !== 'batch' && right.kind !== 'batch') {
    throw mismatch(nodeName, op, 'a tensor of each sample on one side', `${left.kind} and ${right.kind}`);
  }
  const rank = Math.max(left.shape.length, right.shape.length);
  const shape = Array.from({ length: rank }, (_, at) => {
    const [one, other] = [left, right].map((tensor) => sizeAt(tensor.shape, rank - at)) as [number, number];
    if (one !== other && one !== 1 && other !== 1) {
      const expected = `right ${shapeText(left.shape)}, as left, or one that broadcasts with it`;
      throw mismatch(nodeName, op, expected, shapeText(right.shape));
    }
    return Math.max(one, other);
  });
  return { kind: 'batch', type: 'f32', shape };
}

/** The size of a dimension, counted from the end; 1 where there is none. */
function sizeAt(shape: Shape, fromEnd: number): number {
  return shape[shape.length - fromEnd] ?? 1;
}

/** True if the tensor has each of the output's elements, for each sample. */
export function isWhole(tensor: Tensor, output: Tensor): boolean {
  return tensor.kind === 'batch' && elementsOf(tensor.shape) === elementsOf(output.shape);
}

/** The rows that a parameter is repeated for, if its elements are the last dimensions of the output, in order. */
export function rowsOf(
  emit: Emitter,
  tensor: Tensor,
  output: Tensor,
): { readonly rows: number; readonly columns: number } | undefined {
  const own = tensor.shape.slice(tensor.shape.findIndex((size) => size !== 1));
  const isSuffix = own.every((size, at) => size === sizeAt(output.shape, own.length - at));
  if (tensor.kind === 'batch' || !isSuffix) return undefined;
  const columns = elementsOf(tensor.shape);
  return { rows: emit.elements(output) / columns, columns };
}

/** A side of the node with all of the output's elements. */
export function expanded(emit: Emitter, node: OpNode, tensor: Tensor): Buffer {
  if (isWhole(tensor, node.output)) return emit.value(tensor);
  return emit.derived(`${tensor.name} expanded for ${node.name}`, () => {
    const whole = emit.temporary(emit.elements(node.output));
    emit.call('gather', whole, emit.value(tensor), emit.samples, ...walk(tensor, node.output));
    return whole;
  });
}

/** Sums a gradient with all of the output's elements over those that repeat one of the tensor's. */
export function sumRepeated(emit: Emitter, node: OpNode, tensor: Tensor, target: Buffer, whole: Buffer): void {
  const rows = rowsOf(emit, tensor, node.output);
  if (rows !== undefined) emit.call('sumRows', target, whole, rows.rows, rows.columns);
  else emit.call('scatterSum', target, emit.elements(tensor), whole, emit.samples, ...walk(tensor, node.output));
}

/** How a tensor's elements are walked through to meet each of the output's: stride between samples, sizes, strides. */
function walk(tensor: Tensor, output: Tensor): readonly [number, ...Walk] {
  const own = stridesOf(tensor.shape);
  const strides = output.shape.map((_, at) => {
    const place = output.shape.length - at;
    return sizeAt(tensor.shape, place) === 1 ? 0 : sizeAt(own, place);
  });
  return [tensor.kind === 'batch' ? elementsOf(tensor.shape) : 0, ...walkOf(output.shape, strides)];
}

type Six = readonly [number, number, number, number, number, number];

/** Sizes and strides of six dimensions, outermost first. */
export type Walk = readonly [...Six, ...Six];

/** Sizes and strides as kernels take them: of six dimensions, those that are missing in front. */
export function walkOf(sizes: Shape, strides: Shape): Walk {
  return [...six(sizes, 1), ...six(strides, 0)];
}

function six(values: Shape, missing: number): Six {
  const front = Array.from({ length: maximumRank - values.length }, () => missing);
  const [a = missing, b = missing, c = missing, d = missing, e = missing, f = missing] = [...front, ...values];
  return [a, b, c, d, e, f];
}

/** Elements between two neighbours along each dimension of a dense tensor. */
export function stridesOf(shape: Shape): Shape {
  return shape.map((_, at) => elementsOf(shape.slice(at + 1)));
}

/** In plain loops: where the element of a tensor is that meets an element of the output. */
export function meetingIndex(tensor: Tensor, output: Tensor): (at: number) => number {
  const [sampleStride, ...rest] = walk(tensor, output);
  const [sizes, strides] = [rest.slice(0, maximumRank), rest.slice(maximumRank)];
  const elements = elementsOf(output.shape);
  return (at) => {
    let [index, left] = [Math.floor(at / elements) * sampleStride, at % elements];
    for (let dimension = maximumRank - 1; dimension >= 0; dimension--) {
      const size = sizes[dimension] ?? 1;
      index += (left % size) * (strides[dimension] ?? 0);
      left = Math.floor(left / size);
    }
    return index;
  };
}
