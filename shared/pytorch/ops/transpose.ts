import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const transpose: OpExporter = {
  op: 'transpose',
  write(to, node) {
    const x = inputOf(node);
    const { order = [...x.shape.keys()].reverse() } = node.attributes as { readonly order?: readonly number[] };
    to.write(node, `${to.value(x)}.permute(${[0, ...order.map((dimension) => dimension + 1)].join(', ')})`);
  },
};
