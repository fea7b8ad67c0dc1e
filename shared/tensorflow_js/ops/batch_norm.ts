import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const batchNorm: OpExporter = {
  op: 'batchNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const weight = (index: number) => to.parameter(inputOf(node, index));
    const weights = { gamma: weight(1), beta: weight(2), moving_mean: weight(3), moving_variance: weight(4) };
    to.write(node, 'BatchNormalization', [to.value(inputOf(node))], { axis: -1, epsilon }, weights);
  },
};
