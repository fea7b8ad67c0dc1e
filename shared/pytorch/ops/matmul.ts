import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';

/** A linear module with the bias behind it, if there is one; a product, if the weight is another module's. */
export const matmul: OpExporter = {
  op: 'matmul',
  write(to, node) {
    const { transposed = false } = node.attributes as { readonly transposed?: boolean };
    const [x, weight] = [inputOf(node), inputOf(node, 1)];
    if (!to.isFree(weight)) {
      to.write(node, `${to.value(x)} @ ${to.parameter(weight)}${transposed ? '.mT' : ''}`);
      return;
    }
    const added = to.biasBehind(node);
    const [inner, columns] = [lastOf(x.shape), lastOf(node.output.shape)];
    const tensors = [
      { key: 'weight', tensor: weight, ...(transposed ? {} : { order: [1, 0] }) },
      ...(added === undefined ? [] : [{ key: 'bias', tensor: inputOf(added, 1) }]),
    ];
    const hasBias = added === undefined ? ', bias=False' : '';
    const name = to.module(node, `nn.Linear(${inner}, ${columns}${hasBias})`, tensors);
    to.write(added ?? node, `${name}(${to.value(x)})`);
  },
};
