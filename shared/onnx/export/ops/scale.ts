import { inputOf, type Tensor } from '../../../engine/ops/op.ts';
import { elementTypes } from '../../onnx_model.ts';
import type { OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

export const scale: OpExporter = {
  op: 'scale',
  write(to, node) {
    const { factor, offset } = node.attributes as { readonly factor: number; readonly offset: number };
    const product = [asFloats(to, inputOf(node)), to.number(factor)] as const;
    if (offset === 0) to.write(node, 'Mul', product);
    else to.write(node, 'Add', [to.step('Mul', product), to.number(offset)]);
  },
};

/** A tensor, converted to f32 if it is bytes as they are stored. */
export function asFloats(to: OnnxWriter, tensor: Tensor): string {
  const value = to.value(tensor);
  return tensor.type === 'f32' ? value : to.step('Cast', [value], { to: elementTypes.f32 });
}
