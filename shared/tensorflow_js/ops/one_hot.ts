import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

/** Rows of a table with ones on its diagonal: layers have nothing for ids of several positions. */
export const oneHot: OpExporter = {
  op: 'oneHot',
  write(to, node) {
    const { classes } = node.attributes as { readonly classes: number };
    const values = new Float32Array(classes ** 2);
    for (let id = 0; id < classes; id++) values[id * classes + id] = 1;
    const config = { input_dim: classes, output_dim: classes, trainable: false };
    to.write(node, 'Embedding', [to.value(inputOf(node))], config, {
      embeddings: { shape: [classes, classes], values },
    });
  },
};
