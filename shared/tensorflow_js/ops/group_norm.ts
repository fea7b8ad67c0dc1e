import { inputOf } from '../../engine/ops/op.ts';
import { elementsOf, lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import { affine } from './affine.ts';
import { permuted } from './transpose.ts';

/** Each group of channels as a row that is normalized, and the gain and bias of each channel behind it. */
export const groupNorm: OpExporter = {
  op: 'groupNorm',
  write(to, node) {
    const { groups, epsilon } = node.attributes as { readonly groups: number; readonly epsilon: number };
    const { shape } = node.output;
    const size = lastOf(shape) / groups;
    const pixels = elementsOf(shape) / lastOf(shape);
    const parts = permuted(to, to.reshaped(to.value(inputOf(node)), [pixels, groups, size]), [1, 0, 2]);
    const rows = to.reshaped(parts, [groups, pixels * size]);
    const config = { axis: -1, epsilon, center: false, scale: false };
    const normalized = to.step('LayerNormalization', [rows], rows.shape, { config });
    const back = permuted(to, to.reshaped(normalized, [groups, pixels, size]), [1, 0, 2]);
    const [gain, offset] = [to.parameter(inputOf(node, 1)).values, to.parameter(inputOf(node, 2)).values];
    to.define(node, affine(to, to.reshaped(back, shape), { gain, offset }));
  },
};
