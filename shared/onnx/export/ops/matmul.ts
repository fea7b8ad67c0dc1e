import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

/** A weight that another op uses, too, is there once: it is transposed where it is used. */
export const matmul: OpExporter = {
  op: 'matmul',
  write(to, node) {
    const { transposed = false } = node.attributes as { readonly transposed?: boolean };
    const weight = to.parameter(inputOf(node, 1));
    const used = transposed ? to.step('Transpose', [weight], { perm: [1, 0] }) : weight;
    to.write(node, 'MatMul', [to.value(inputOf(node)), used]);
  },
};
