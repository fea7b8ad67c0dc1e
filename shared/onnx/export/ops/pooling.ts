import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import type { Padding } from '../../../engine/ops/window.ts';
import type { OpExporter } from '../op_exporter.ts';
import { windowAttributes } from './window.ts';

/** Cells beyond the border do not count in a mean: ONNX's default. */
function pooling(op: string, opType: string): OpExporter {
  return {
    op,
    write: (to, node) =>
      to.write(node, opType, [to.value(inputOf(node), 'channels first')], attributesOf(node), 'channels first'),
  };
}

function attributesOf(node: OpNode) {
  const { size, stride, padding } = node.attributes as {
    readonly size: number;
    readonly stride: number;
    readonly padding: Padding;
  };
  const [height = 1, width = 1] = inputOf(node).shape;
  return windowAttributes({ image: [height, width], window: [size, size], stride, padding });
}

export const maxPool = pooling('maxPool', 'MaxPool');

export const averagePool = pooling('averagePool', 'AveragePool');

export const globalAveragePool: OpExporter = {
  op: 'globalAveragePool',
  write(to, node) {
    const axes = { axes: [2, 3], keepdims: 0 };
    to.write(node, 'ReduceMean', [to.value(inputOf(node), 'channels first')], axes);
  },
};
