import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { affine } from './affine.ts';

/** A bias that no layer before it has added. */
export const bias: OpExporter = {
  op: 'bias',
  write(to, node) {
    const { values: offset } = to.parameter(inputOf(node, 1));
    to.define(node, affine(to, to.value(inputOf(node)), { offset }));
  },
};
