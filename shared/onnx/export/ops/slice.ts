import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { behindSamples } from './axis.ts';

export const slice: OpExporter = {
  op: 'slice',
  write(to, node) {
    const { axis, start, length } = node.attributes as Readonly<Record<'axis' | 'start' | 'length', number>>;
    const place = [[start], [start + length], [behindSamples(axis)]].map((list) => to.integers(list));
    to.write(node, 'Slice', [to.value(inputOf(node)), ...place]);
  },
};
