import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { Padding } from '../../engine/ops/window.ts';
import type { OpExporter } from '../op_exporter.ts';
import { zerosAround } from './window.ts';

/** From [height, width, channels, filters] to [filters, channels, height, width]. */
const filterOrder = [3, 2, 0, 1];

export const conv2d: OpExporter = {
  op: 'conv2d',
  write(to, node) {
    const [x, filters] = [inputOf(node), inputOf(node, 1)];
    const added = to.biasBehind(node);
    const { zeros, geometry } = geometryOf(node);
    const [left, right, top, bottom] = zeros;
    const isEven = left === right && top === bottom;
    const [, , channels = 1, count = 1] = filters.shape;
    const options = [
      geometry,
      ...(isEven && top + left > 0 ? [`padding=(${top}, ${left})`] : []),
      ...(added === undefined ? ['bias=False'] : []),
    ];
    const tensors = [
      { key: 'weight', tensor: filters, order: filterOrder },
      ...(added === undefined ? [] : [{ key: 'bias', tensor: inputOf(added, 1) }]),
    ];
    const name = to.module(node, `nn.Conv2d(${channels}, ${count}, ${options.join(', ')})`, tensors);
    const image = to.value(x, 'channels first');
    to.write(added ?? node, `${name}(${isEven ? image : `F.pad(${image}, (${zeros.join(', ')}))`})`, 'channels first');
  },
};

function geometryOf(node: OpNode) {
  const { stride, padding } = node.attributes as { readonly stride: number; readonly padding: Padding };
  const [height = 1, width = 1] = inputOf(node).shape;
  const [tall = 1, wide = 1] = inputOf(node, 1).shape;
  return {
    zeros: zerosAround({ image: [height, width], window: [tall, wide], stride, padding }),
    geometry: `(${tall}, ${wide})${stride === 1 ? '' : `, stride=${stride}`}`,
  };
}
