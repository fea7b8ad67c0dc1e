import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { behindSamples } from './axis.ts';

export const softmax: OpExporter = {
  op: 'softmax',
  write(to, node) {
    const { axis = -1 } = node.attributes as { readonly axis?: number };
    to.write(node, `torch.softmax(${to.value(inputOf(node))}, ${behindSamples(axis)})`);
  },
};
