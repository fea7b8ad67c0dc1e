// Sums and products. A single number becomes a scale, numbers for each channel become a bias or a parameter that broadcasts.

import type { Tensor } from '../../../engine/ops/op.ts';
import { elementsOf, type Shape } from '../../../engine/shape.ts';
import type { OnnxNode } from '../../onnx_model.ts';
import { type Constant, type OnnxReader, onnxShape, outputOf, refusal, type SampleTensor } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

interface Arithmetic {
  /** On known numbers. */
  readonly compute: (left: number, right: number) => number;
  /** Of a tensor and a single number: factor and offset. */
  readonly line: (value: number, isLeft: boolean) => readonly [factor: number, offset: number] | undefined;
  /** Of a tensor and numbers that meet it element by element: our op, and the numbers it takes. */
  readonly met: (values: Float64Array) => readonly [op: 'add' | 'multiply', values: Float64Array];
  /** Whether a constant on the left can be met, too. */
  readonly isCommutative: boolean;
  readonly ofTensors: (from: OnnxReader, node: OnnxNode, left: Tensor, right: Tensor) => Tensor | undefined;
}

function arithmetic(opType: string, given: Arithmetic): OpImporter {
  return {
    opType,
    read(from, node) {
      const [left, right] = [from.at(node, 0), from.at(node, 1)];
      if (left === undefined || right === undefined) throw refusal(node, 'expected two inputs');
      if (left.kind === 'constant' && right.kind === 'constant') {
        from.define(outputOf(node), computed(node, left, right, given.compute));
      } else if (left.kind === 'tensor' && right.kind === 'tensor') readTensors(from, node, left, right, given);
      else if (left.kind === 'tensor') readMixed(from, node, left, right as Constant, false, given);
      else readMixed(from, node, right as SampleTensor, left, true, given);
    },
  };
}

function computed(node: OnnxNode, left: Constant, right: Constant, compute: Arithmetic['compute']): Constant {
  const whole = left.values.length >= right.values.length ? left : right;
  if (left.values.length !== right.values.length && Math.min(left.values.length, right.values.length) !== 1) {
    throw refusal(node, 'constants of two shapes');
  }
  const values = whole.values.map((_, at) =>
    compute(left.values[at % left.values.length] ?? 0, right.values[at % right.values.length] ?? 0),
  );
  return { kind: 'constant', values, shape: whole.shape };
}

function readTensors(from: OnnxReader, node: OnnxNode, left: SampleTensor, right: SampleTensor, given: Arithmetic) {
  const isImage = isImageLike(left) && isImageLike(right) && (left.isImage || right.isImage);
  const sides = [left, right].map((side) => (isImage ? asImage(from, side) : from.plain(side)));
  const [one, other] = sides as [Tensor, Tensor];
  const tensor = given.ofTensors(from, node, one, other);
  if (tensor === undefined) throw refusal(node, 'of two tensors that are computed for each sample is not supported');
  from.define(outputOf(node), { kind: 'tensor', tensor, isImage });
}

/** An image, or a number for each channel, [channels, 1, 1]. */
function isImageLike({ tensor, isImage }: SampleTensor): boolean {
  const [, ...rest] = tensor.shape;
  return isImage || (rest.length === 2 && rest.every((size) => size === 1));
}

function asImage(from: OnnxReader, { tensor, isImage }: SampleTensor): Tensor {
  if (isImage) return tensor;
  const shape = [1, 1, tensor.shape[0] ?? 1];
  return from.node(`${tensor.name}.channels_last`, 'reshape', [tensor], { shape });
}

function readMixed(
  from: OnnxReader,
  node: OnnxNode,
  value: SampleTensor,
  constant: Constant,
  isLeft: boolean,
  given: Arithmetic,
): void {
  const { isImage } = value;
  if (constant.values.length === 1) {
    const line = given.line(constant.values[0] ?? 0, isLeft);
    if (line === undefined) throw refusal(node, 'a number by a tensor is not supported');
    const [factor, offset] = line;
    from.write(node, 'scale', [value.tensor], { attributes: { factor, offset }, isImage });
    return;
  }
  if (isLeft && !given.isCommutative) throw refusal(node, 'a constant on the left is not supported');
  const [op, values] = given.met(constant.values);
  const shape = metShape(node, value, constant.shape);
  const turned = isImage && shape.length === 3 ? [1, 2, 0] : undefined;
  const parameter = from.parameter(node.inputs[isLeft ? 0 : 1] ?? '', { kind: 'constant', values, shape }, turned);
  const isPerChannel =
    elementsOf(parameter.shape) === parameter.shape.at(-1) && op === 'add' && isLast(value, parameter);
  if (isPerChannel && parameter.shape.length === 1) from.write(node, 'bias', [value.tensor, parameter], { isImage });
  else from.write(node, op, [value.tensor, parameter], { isImage });
}

function isLast({ tensor }: SampleTensor, parameter: Tensor): boolean {
  return tensor.shape.at(-1) === parameter.shape.at(-1);
}

/** A constant's shape for each sample: ones in front are dropped; for images there are three dimensions or one. */
function metShape(node: OnnxNode, value: SampleTensor, shape: Shape): Shape {
  const rank = onnxShape(value).length - 1;
  if (shape.length > rank && shape[0] !== 1) throw refusal(node, 'a constant with numbers of its own for each sample');
  const own = shape.length > rank ? shape.slice(1) : shape;
  if (!value.isImage) return own;
  return [...Array(rank - own.length).fill(1), ...own];
}

const binary =
  (op: string): Arithmetic['ofTensors'] =>
  (from, node, left, right) =>
    from.node(outputOf(node), op, [left, right]);

export const add = arithmetic('Add', {
  compute: (left, right) => left + right,
  line: (value) => [1, value],
  met: (values) => ['add', values],
  isCommutative: true,
  ofTensors: binary('add'),
});

export const sub = arithmetic('Sub', {
  compute: (left, right) => left - right,
  line: (value, isLeft) => (isLeft ? [-1, value] : [1, -value]),
  met: (values) => ['add', values.map((value) => -value)],
  isCommutative: false,
  ofTensors: (from, node, left, right) => {
    const negative = from.node(`${outputOf(node)}.negative`, 'scale', [right], { factor: -1 });
    return from.node(outputOf(node), 'add', [left, negative]);
  },
});

export const mul = arithmetic('Mul', {
  compute: (left, right) => left * right,
  line: (value) => [value, 0],
  met: (values) => ['multiply', values],
  isCommutative: true,
  ofTensors: binary('multiply'),
});

export const div = arithmetic('Div', {
  compute: (left, right) => left / right,
  line: (value, isLeft) => (isLeft ? undefined : [1 / value, 0]),
  met: (values) => ['multiply', values.map((value) => 1 / value)],
  isCommutative: false,
  ofTensors: () => undefined,
});
