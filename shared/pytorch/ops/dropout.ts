import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

/** Drops something in training only. */
export const dropout: OpExporter = {
  op: 'dropout',
  write(to, node) {
    const { rate } = node.attributes as { readonly rate: number };
    const layout = to.layoutOf(inputOf(node));
    to.write(node, `F.dropout(${to.value(inputOf(node), layout)}, ${rate}, self.training)`, layout);
  },
};
