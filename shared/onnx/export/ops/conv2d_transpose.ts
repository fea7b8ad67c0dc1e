import { inputOf } from '../../../engine/ops/op.ts';
import { spreadAttributes } from '../../../export/spread.ts';
import type { OpExporter } from '../op_exporter.ts';

/** From [height, width, filters, channels] to [channels, filters, height, width]. */
const filterOrder = [3, 2, 0, 1];

export const conv2dTranspose: OpExporter = {
  op: 'conv2dTranspose',
  write(to, node) {
    const { window, stride, before, behind } = spreadAttributes(node);
    // What is cut off behind; or, where that is less than nothing, what is added.
    const cut = behind.map((size) => Math.max(0, size));
    const added = behind.map((size) => Math.max(0, -size));
    const attributes = {
      kernel_shape: window,
      strides: stride,
      pads: [...before, ...cut],
      output_padding: added,
    };
    const inputs = [to.value(inputOf(node), 'channels first'), to.parameter(inputOf(node, 1), filterOrder)];
    to.write(node, 'ConvTranspose', inputs, attributes, 'channels first');
  },
};
