import { inputOf, type Tensor } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import type { PytorchWriter } from '../pytorch_writer.ts';

export const scale: OpExporter = {
  op: 'scale',
  write(to, node) {
    const { factor, offset } = node.attributes as { readonly factor: number; readonly offset: number };
    const product = `${asFloats(to, inputOf(node))} * ${factor}`;
    to.write(node, offset === 0 ? product : `${product} + ${offset}`);
  },
};

/** A tensor, converted to f32 if it is bytes as they are stored. */
export function asFloats(to: PytorchWriter, tensor: Tensor): string {
  return tensor.type === 'f32' ? to.value(tensor) : `${to.value(tensor)}.float()`;
}
