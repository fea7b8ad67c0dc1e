import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { cut, type Stretch } from './axis.ts';

export const slice: OpExporter = {
  op: 'slice',
  write: (to, node) => to.define(node, cut(to, to.value(inputOf(node)), node.attributes as unknown as Stretch)),
};
