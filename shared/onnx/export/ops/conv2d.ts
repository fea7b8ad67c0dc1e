import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import type { Padding, Strides } from '../../../engine/ops/window.ts';
import type { OpExporter } from '../op_exporter.ts';
import { windowAttributes } from './window.ts';

/** From [height, width, channels, filters] to [filters, channels, height, width]. */
const filterOrder = [3, 2, 0, 1];

export const conv2d: OpExporter = {
  op: 'conv2d',
  write(to, node) {
    const inputs = [to.value(inputOf(node), 'channels first'), to.parameter(inputOf(node, 1), filterOrder)];
    to.write(node, 'Conv', inputs, attributesOf(node), 'channels first');
  },
};

function attributesOf(node: OpNode) {
  const { stride, padding } = node.attributes as { readonly stride: Strides; readonly padding: Padding };
  const [height = 1, width = 1] = inputOf(node).shape;
  const [tall = 1, wide = 1] = inputOf(node, 1).shape;
  return windowAttributes({ image: [height, width], window: [tall, wide], stride, padding });
}
