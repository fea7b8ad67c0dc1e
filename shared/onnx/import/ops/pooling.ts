import type { OnnxNode } from '../../onnx_model.ts';
import { attributeOf, outputOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';
import { windowOf } from './window.ts';

function pooling(opType: string, op: string, check: (node: OnnxNode, padding: unknown) => void): OpImporter {
  return {
    opType,
    read(from, node) {
      const x = from.imageAt(node);
      const [tall = 1, wide = 1] = attributeOf(node, 'kernel_shape', 'ints', []);
      if (tall !== wide) throw refusal(node, `a window of ${tall}x${wide}, expected a square one`);
      const { stride, padding } = windowOf(node, x.shape, [tall, wide]);
      if (typeof stride !== 'number') throw refusal(node, `strides ${stride.join(', ')}, expected two of one size`);
      check(node, padding);
      from.write(node, op, [x], { attributes: { size: tall, stride, padding }, isImage: true });
    },
  };
}

export const maxPool = pooling('MaxPool', 'maxPool', () => undefined);

export const averagePool = pooling('AveragePool', 'averagePool', (node, padding) => {
  if (padding === 'valid' || attributeOf(node, 'count_include_pad', 'int', 0) === 0) return;
  throw refusal(node, 'zeros beyond the border that count (count_include_pad) are not supported');
});

export const globalAveragePool: OpImporter = {
  opType: 'GlobalAveragePool',
  read(from, node) {
    const x = from.imageAt(node);
    const means = from.node(`${outputOf(node)}.means`, 'globalAveragePool', [x]);
    from.write(node, 'reshape', [means], { attributes: { shape: [1, 1, x.shape[2] ?? 1] }, isImage: true });
  },
};
