import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const embedding: OpExporter = {
  op: 'embedding',
  write(to, node) {
    const table = to.parameter(inputOf(node, 1));
    const [entries, width] = table.shape;
    const config = { input_dim: entries, output_dim: width };
    to.write(node, 'Embedding', [to.value(inputOf(node))], config, { embeddings: table });
  },
};
