import { inputOf, type Tensor } from '../../engine/ops/op.ts';
import type { Layout } from '../../export/tensor_places.ts';
import type { OpExporter } from '../op_exporter.ts';
import type { PytorchWriter } from '../pytorch_writer.ts';

/** Two tensors brought to one shape, as PyTorch does it too: dimensions are compared from the last one on. */
export function combination(op: string, operator: string): OpExporter {
  return {
    op,
    write(to, node) {
      const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
      const areImages = [left, right].every(({ kind, shape }) => kind === 'batch' && shape.length === 3);
      const layout = areImages ? to.layoutOf(left, right) : 'stored';
      const [one, other] = [left, right].map((side) => sideOf(to, side, node.output.shape.length, layout));
      to.write(node, `${one} ${operator} ${other}`, layout);
    },
  };
}

/** Behind the samples' dimension, missing ones are ones. */
function sideOf(to: PytorchWriter, side: Tensor, rank: number, layout: Layout): string {
  if (side.kind !== 'batch') return to.parameter(side);
  const missing = rank - side.shape.length;
  const value = to.value(side, layout);
  return missing === 0 ? value : `${value}[:, ${'None, '.repeat(missing)}...]`;
}

export const add = combination('add', '+');
