import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import { bothStrides, type Padding, type Strides } from '../../engine/ops/window.ts';
import type { LayerConfig, LayersWriter, LayerWeight } from '../layers_writer.ts';
import type { OpExporter } from '../op_exporter.ts';
import { padding } from './window.ts';

export const conv2d: OpExporter = {
  op: 'conv2d',
  write(to, node) {
    const kernel = to.parameter(inputOf(node, 1));
    writeConvolution(to, node, 'Conv2D', { filters: kernel.shape[3] }, { kernel });
  },
};

/** A convolution's layer, with the bias behind it if there is one. @param weights its filters, by their name in Keras. */
export function writeConvolution(
  to: LayersWriter,
  node: OpNode,
  className: string,
  options: LayerConfig,
  weights: Readonly<Record<string, LayerWeight>>,
): void {
  const given = node.attributes as { readonly stride: Strides; readonly padding: Padding };
  const added = to.biasBehind(node);
  const [image, left] = padding(to, to.value(inputOf(node)), given.padding);
  const [height, width] = inputOf(node, 1).shape;
  const config = {
    kernel_size: [height, width],
    strides: bothStrides(given.stride),
    padding: left,
    use_bias: added !== undefined,
    ...options,
  };
  const bias = added === undefined ? {} : { bias: to.parameter(inputOf(added, 1)) };
  to.write(added ?? node, className, [image], config, { ...weights, ...bias });
}
