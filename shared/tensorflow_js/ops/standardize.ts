import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import { affine } from './affine.ts';

/** The mean first and by itself: of a large one hardly anything may be left. */
export const standardize: OpExporter = {
  op: 'standardize',
  write(to, node) {
    const given = node.attributes as { readonly mean: readonly number[]; readonly deviation: readonly number[] };
    const columns = given.mean.length === 1 ? lastOf(node.output.shape) : given.mean.length;
    const each = (values: readonly number[], of: (value: number) => number) =>
      Float32Array.from({ length: columns }, (_, column) => of(values[column % values.length] ?? 0));
    const offset = each(given.mean, (mean) => -mean);
    const gain = each(given.deviation, (deviation) => 1 / deviation);
    const centred = affine(to, to.value(inputOf(node)), { offset, isTrained: false });
    to.define(node, affine(to, centred, { gain, isTrained: false }));
  },
};
