import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { Padding } from '../../engine/ops/window.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';
import { noLayer, type OpExporter } from '../op_exporter.ts';
import { framed } from './window.ts';

interface Pooling {
  readonly size: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Cells beyond the border do not count, as with us. */
function pooling(op: string, className: string): OpExporter {
  return {
    op,
    write(to, node) {
      const { size, stride, padding } = node.attributes as unknown as Pooling;
      const image = to.value(inputOf(node));
      if (typeof padding === 'number') return writeEach(to, node, className, image);
      to.write(node, className, [image], { pool_size: [size, size], strides: [stride, stride], padding });
    },
  };
}

/** With a number as padding: at every pixel first, `same`, of which those are kept that the windows would have been at. */
function writeEach(to: LayersWriter, node: OpNode, className: string, image: LayerOutput): void {
  const { size, stride, padding } = node.attributes as unknown as Pooling & { readonly padding: number };
  const first = Math.floor((size - 1) / 2) - padding;
  if (first < 0) throw noLayer(node, `${node.op.name} of ${size} pixels with ${padding} around the image`);
  const config = { pool_size: [size, size], strides: [1, 1], padding: 'same' };
  const all = to.step(className, [image], image.shape, { config });
  const [height = 1, width = 1] = image.shape;
  const [rows = 1, columns = 1] = node.output.shape;
  const end = (count: number, of: number) => first + (count - 1) * stride + 1 - of;
  const kept = framed(to, all, { top: -first, left: -first, bottom: end(rows, height), right: end(columns, width) });
  to.write(node, 'MaxPooling2D', [kept], { pool_size: [1, 1], strides: [stride, stride], padding: 'valid' });
}

export const maxPool = pooling('maxPool', 'MaxPooling2D');

export const averagePool = pooling('averagePool', 'AveragePooling2D');

export const globalAveragePool: OpExporter = {
  op: 'globalAveragePool',
  write: (to, node) => to.write(node, 'GlobalAveragePooling2D', [to.value(inputOf(node))]),
};
