import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { writeConvolution } from './conv2d.ts';

export const depthwiseConv2d: OpExporter = {
  op: 'depthwiseConv2d',
  write(to, node) {
    const { values, shape } = to.parameter(inputOf(node, 1));
    const kernel = { values, shape: [...shape, 1] };
    writeConvolution(to, node, 'DepthwiseConv2D', { depth_multiplier: 1 }, { depthwise_kernel: kernel });
  },
};
