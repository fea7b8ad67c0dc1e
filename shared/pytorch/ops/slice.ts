import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { behindSamples } from './axis.ts';

export const slice: OpExporter = {
  op: 'slice',
  write(to, node) {
    const { axis, start, length } = node.attributes as Readonly<Record<'axis' | 'start' | 'length', number>>;
    to.write(node, `${to.value(inputOf(node))}.narrow(${behindSamples(axis)}, ${start}, ${length})`);
  },
};
