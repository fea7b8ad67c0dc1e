import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

/** Drops something in training only. */
export const dropout: OpExporter = {
  op: 'dropout',
  write(to, node) {
    const { rate } = node.attributes as { readonly rate: number };
    to.write(node, 'Dropout', [to.value(inputOf(node))], { rate });
  },
};
