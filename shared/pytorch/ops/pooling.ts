import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { Padding } from '../../engine/ops/window.ts';
import type { OpExporter } from '../op_exporter.ts';
import { zerosAround } from './window.ts';

export const maxPool: OpExporter = {
  op: 'maxPool',
  write(to, node) {
    const { size, stride, zeros } = geometryOf(node);
    const x = to.value(inputOf(node), 'channels first');
    const image = zeros === undefined ? x : `F.pad(${x}, (${zeros}), value=-torch.inf)`;
    to.write(node, `F.max_pool2d(${image}, ${size}, ${stride})`, 'channels first');
  },
};

/** Cells beyond the border do not count. */
export const averagePool: OpExporter = {
  op: 'averagePool',
  write(to, node) {
    const { size, stride, zeros } = geometryOf(node);
    const x = to.value(inputOf(node), 'channels first');
    const mean = (image: string) =>
      `F.avg_pool2d(${zeros === undefined ? image : `F.pad(${image}, (${zeros}))`}, ${size}, ${stride})`;
    const share = zeros === undefined ? '' : ` / ${mean(`torch.ones_like(${x})`)}`;
    to.write(node, `${mean(x)}${share}`, 'channels first');
  },
};

export const globalAveragePool: OpExporter = {
  op: 'globalAveragePool',
  write: (to, node) => to.write(node, `${to.value(inputOf(node), 'channels first')}.mean((2, 3))`),
};

/** Zeros around the image, as `F.pad` takes them, where there are some. */
function geometryOf(node: OpNode) {
  const { size, stride, padding } = node.attributes as {
    readonly size: number;
    readonly stride: number;
    readonly padding: Padding;
  };
  const [height = 1, width = 1] = inputOf(node).shape;
  const zeros = zerosAround({ image: [height, width], window: [size, size], stride, padding });
  return { size, stride, zeros: zeros.some((count) => count > 0) ? zeros.join(', ') : undefined };
}
