import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const bias: OpExporter = {
  op: 'bias',
  write(to, node) {
    const x = inputOf(node);
    const layout = to.layoutOf(x);
    const b = to.parameter(inputOf(node, 1));
    to.write(node, `${to.value(x, layout)} + ${layout === 'stored' ? b : `${b}[:, None, None]`}`, layout);
  },
};
