import { attributeOf, onnxShape, outputOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

/** Of an image's height and width: global average pooling by another name. Axes are an input from operator set 18 on. */
export const reduceMean: OpImporter = {
  opType: 'ReduceMean',
  read(from, node) {
    const value = from.tensorAt(node);
    const rank = onnxShape(value).length;
    const axes =
      from.at(node, 1) === undefined ? attributeOf(node, 'axes', 'ints', []) : [...from.constantAt(node, 1).values];
    const counted = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((one, other) => one - other);
    if (rank !== 4 || counted.join() !== '2,3')
      throw refusal(node, `axes ${axes.join(', ')}: expected height and width`);
    const x = from.imageAt(node);
    const isKept = attributeOf(node, 'keepdims', 'int', 1) !== 0;
    if (!isKept) {
      from.write(node, 'globalAveragePool', [x]);
      return;
    }
    const means = from.node(`${outputOf(node)}.means`, 'globalAveragePool', [x]);
    from.write(node, 'reshape', [means], { attributes: { shape: [1, 1, x.shape[2] ?? 1] }, isImage: true });
  },
};
