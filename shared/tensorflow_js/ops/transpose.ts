import { inputOf } from '../../engine/ops/op.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

/** A value whose dimension i is dimension `order[i]` of another. */
export function permuted(to: LayersWriter, x: LayerOutput, order: readonly number[]): LayerOutput {
  const shape = order.map((dimension) => x.shape[dimension] ?? 1);
  return to.step('Permute', [x], shape, { config: { dims: order.map((dimension) => dimension + 1) } });
}

export const transpose: OpExporter = {
  op: 'transpose',
  write(to, node) {
    const x = to.value(inputOf(node));
    const { order = [...x.shape.keys()].reverse() } = node.attributes as { readonly order?: readonly number[] };
    to.define(node, permuted(to, x, order));
  },
};
