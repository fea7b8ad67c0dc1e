import { attributeOf, onnxShape, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

/** Over the last axis; before operator set 13 the default was the first behind the samples, of rows the same. */
export const softmax: OpImporter = {
  opType: 'Softmax',
  read(from, node) {
    const value = from.tensorAt(node);
    const rank = onnxShape(value).length;
    const axis = attributeOf(node, 'axis', 'int', rank === 2 ? -1 : 1);
    if (axis !== -1 && axis !== rank - 1) throw refusal(node, `axis ${axis}: expected the last one`);
    from.write(node, 'softmax', [from.plain(value)]);
  },
};
