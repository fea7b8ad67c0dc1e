import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { behindSamples } from './axis.ts';

export const softmax: OpExporter = {
  op: 'softmax',
  write(to, node) {
    const { axis = -1 } = node.attributes as { readonly axis?: number };
    const x = inputOf(node);
    to.write(node, 'Softmax', [to.value(x)], { axis: behindSamples(axis) });
  },
};
