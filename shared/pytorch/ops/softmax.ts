import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const softmax: OpExporter = {
  op: 'softmax',
  write(to, node) {
    const { axis = -1 } = node.attributes as { readonly axis?: number };
    // Behind the samples' dimension.
    to.write(node, `torch.softmax(${to.value(inputOf(node))}, ${axis < 0 ? axis : axis + 1})`);
  },
};
