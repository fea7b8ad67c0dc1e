import { inputOf } from '../../engine/ops/op.ts';
import { spreadAttributes } from '../../export/spread.ts';
import type { OpExporter } from '../op_exporter.ts';
import { framed } from './window.ts';

/** All that the filters spread over, and then what is kept of it. */
export const conv2dTranspose: OpExporter = {
  op: 'conv2dTranspose',
  write(to, node) {
    const kernel = to.parameter(inputOf(node, 1));
    const { window, stride, before } = spreadAttributes(node);
    const [image, filters = 1] = [to.value(inputOf(node)), kernel.shape[2]];
    const sizes = [0, 1].map((side) => {
      const [size = 1, wide = 1, step = 1] = [image.shape[side], window[side], stride[side]];
      return (size - 1) * step + Math.max(wide, step);
    });
    const [height = 1, width = 1] = sizes;
    const config = { filters, kernel_size: window, strides: stride, padding: 'valid', use_bias: false };
    const spread = to.step('Conv2DTranspose', [image], [height, width, filters], { config, weights: { kernel } });
    const [rows = 1, columns = 1] = node.output.shape;
    const [top, left] = [-before[0], -before[1]];
    to.define(node, framed(to, spread, { top, left, bottom: rows - height - top, right: columns - width - left }));
  },
};
