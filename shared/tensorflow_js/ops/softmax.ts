import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { permuted } from './transpose.ts';

/** TensorFlow.js sums along the last dimension only: another one takes its place and goes back. */
export const softmax: OpExporter = {
  op: 'softmax',
  write(to, node) {
    const { axis = -1 } = node.attributes as { readonly axis?: number };
    const x = to.value(inputOf(node));
    const last = x.shape.length - 1;
    const dimension = axis < 0 ? x.shape.length + axis : axis;
    if (dimension === last) return to.write(node, 'Activation', [x], { activation: 'softmax' });
    const order = [...x.shape.keys()].map((at) => (at === dimension ? last : at === last ? dimension : at));
    const turned = permuted(to, x, order);
    const config = { activation: 'softmax' };
    to.define(node, permuted(to, to.step('Activation', [turned], turned.shape, { config }), order));
  },
};
