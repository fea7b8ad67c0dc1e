import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { writeConvolution } from './conv2d.ts';

/** A convolution of as many groups as there are channels. */
export const depthwiseConv2d: OpExporter = {
  op: 'depthwiseConv2d',
  write(to, node) {
    const [tall = 1, wide = 1, channels = 1] = inputOf(node, 1).shape;
    const weight = { order: [2, 0, 1], shape: [channels, 1, tall, wide] };
    writeConvolution(to, node, { channels, filters: channels, options: [`groups=${channels}`], weight });
  },
};
