import { inputOf } from '../../engine/ops/op.ts';
import { lastOf, type Shape } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import { rescaled } from './activations.ts';
import { affine } from './affine.ts';
import { cut } from './axis.ts';

export const layerNorm: OpExporter = {
  op: 'layerNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const weights = { gamma: to.parameter(inputOf(node, 1)), beta: to.parameter(inputOf(node, 2)) };
    to.write(node, 'LayerNormalization', [to.value(inputOf(node))], { axis: -1, epsilon }, weights);
  },
};

/** There is no layer for it; but x and −x side by side have the mean 0, and the mean of x² as their variance. */
export const rmsNorm: OpExporter = {
  op: 'rmsNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = to.value(inputOf(node));
    const width = lastOf(x.shape);
    const wide: Shape = [...x.shape.slice(0, -1), 2 * width];
    const both = to.step('Concatenate', [x, rescaled(to, x, -1, 0)], wide, { config: { axis: -1 } });
    const config = { axis: -1, epsilon, center: false, scale: false };
    const normalized = to.step('LayerNormalization', [both], wide, { config });
    const first = cut(to, normalized, { axis: -1, start: 0, length: width });
    to.define(node, affine(to, first, { gain: to.parameter(inputOf(node, 1)).values }));
  },
};
