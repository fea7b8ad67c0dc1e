import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const embedding: OpExporter = {
  op: 'embedding',
  write(to, node) {
    const [ids, table] = [inputOf(node), inputOf(node, 1)];
    const places = `${to.value(ids)}.long()`;
    if (!to.isFree(table)) {
      to.write(node, `F.embedding(${places}, ${to.parameter(table)})`);
      return;
    }
    const name = to.module(node, `nn.Embedding(${table.shape.join(', ')})`, [{ key: 'weight', tensor: table }]);
    to.write(node, `${name}(${places})`);
  },
};
