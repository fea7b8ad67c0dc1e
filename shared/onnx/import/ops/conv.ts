import type { Tensor } from '../../../engine/ops/op.ts';
import { shapeText } from '../../../engine/shape.ts';
import type { OnnxNode } from '../../onnx_model.ts';
import { attributeOf, type Constant, type OnnxReader, outputOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';
import { windowOf } from './window.ts';

/** In one group, or in as many as there are channels. */
export const conv: OpImporter = {
  opType: 'Conv',
  read(from, node) {
    const x = from.imageAt(node);
    const weight = from.constantAt(node, 1);
    const [, , tall, wide] = weight.shape;
    if (tall === undefined || wide === undefined)
      throw refusal(node, `filters ${shapeText(weight.shape)}, expected those of images`);
    const { op, filters } = filtersOf(from, node, x, weight);
    const attributes = { ...windowOf(node, x.shape, [tall, wide]) };
    const hasBias = from.at(node, 2) !== undefined;
    if (!hasBias) {
      from.write(node, op, [x, filters], { attributes, isImage: true });
      return;
    }
    const product = from.node(`${outputOf(node)}.product`, op, [x, filters], attributes);
    const bias = from.parameter(node.inputs[2] ?? '', from.constantAt(node, 2));
    from.write(node, 'bias', [product, bias], { isImage: true });
  },
};

function filtersOf(
  from: OnnxReader,
  node: OnnxNode,
  x: Tensor,
  weight: Constant,
): { readonly op: string; readonly filters: Tensor } {
  const group = attributeOf(node, 'group', 'int', 1);
  const name = node.inputs[1] ?? '';
  if (group === 1) return { op: 'conv2d', filters: from.parameter(name, weight, [2, 3, 1, 0]) };
  const [count = 1, channelsEach = 1, tall = 1, wide = 1] = weight.shape;
  if (group !== x.shape[2] || count !== group || channelsEach !== 1) {
    throw refusal(node, `${group} groups of ${x.shape[2]} channels: expected one, or one filter for each channel`);
  }
  const each = { ...weight, shape: [count, tall, wide] };
  return { op: 'depthwiseConv2d', filters: from.parameter(name, each, [1, 2, 0]) };
}
