import { inputOf } from '../../../engine/ops/op.ts';
import { elementTypes } from '../../onnx_model.ts';
import type { OpExporter } from '../op_exporter.ts';

export const oneHot: OpExporter = {
  op: 'oneHot',
  write(to, node) {
    const { classes } = node.attributes as { readonly classes: number };
    const labels = to.step('Cast', [to.value(inputOf(node))], { to: elementTypes.i64 });
    const [off, on] = [0, 1];
    const values = to.constant('off_and_on', Float32Array.of(off, on), [2]);
    to.write(node, 'OneHot', [labels, to.integers([classes]), values], { axis: -1 });
  },
};
