import { inputOf } from '../../../engine/ops/op.ts';
import type { Padding, Strides } from '../../../engine/ops/window.ts';
import { reorder } from '../../../export/weights.ts';
import type { OpExporter } from '../op_exporter.ts';
import { windowAttributes } from './window.ts';

/** A convolution of as many groups as there are channels. */
export const depthwiseConv2d: OpExporter = {
  op: 'depthwiseConv2d',
  write(to, node) {
    const { stride, padding } = node.attributes as { readonly stride: Strides; readonly padding: Padding };
    const [x, filters] = [inputOf(node), inputOf(node, 1)];
    const [height = 1, width = 1, channels = 1] = x.shape;
    const [tall = 1, wide = 1] = filters.shape;
    const { values } = reorder(to.weightsOf(filters), filters.shape, [2, 0, 1]);
    const weight = to.constant(filters.name, values, [channels, 1, tall, wide]);
    const window = windowAttributes({ image: [height, width], window: [tall, wide], stride, padding });
    const attributes = { ...window, group: channels };
    to.write(node, 'Conv', [to.value(x, 'channels first'), weight], attributes, 'channels first');
  },
};
