import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import { reorder } from '../../export/weights.ts';
import type { OpExporter } from '../op_exporter.ts';

/** A dense layer with the bias behind it, if there is one. A weight that is used twice is there twice. */
export const matmul: OpExporter = {
  op: 'matmul',
  write(to, node) {
    const { transposed = false } = node.attributes as { readonly transposed?: boolean };
    const weight = to.parameter(inputOf(node, 1));
    const added = to.biasBehind(node);
    const weights = {
      kernel: transposed ? reorder(weight.values, weight.shape, [1, 0]) : weight,
      ...(added === undefined ? {} : { bias: to.parameter(inputOf(added, 1)) }),
    };
    const config = { units: lastOf(node.output.shape), use_bias: added !== undefined };
    to.write(added ?? node, 'Dense', [to.value(inputOf(node))], config, weights);
  },
};
