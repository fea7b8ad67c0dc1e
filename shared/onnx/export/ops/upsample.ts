import { inputOf } from '../../../engine/ops/op.ts';
import type { AttributeValues } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

const methods: Readonly<Record<'nearest' | 'bilinear', AttributeValues>> = {
  nearest: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  bilinear: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
};

export const upsample: OpExporter = {
  op: 'upsample',
  write(to, node) {
    const { factor, method } = node.attributes as { readonly factor: number; readonly method: keyof typeof methods };
    const scales = to.constant(`scales.${factor}`, Float32Array.of(1, 1, factor, factor), [4]);
    to.write(
      node,
      'Resize',
      [to.value(inputOf(node), 'channels first'), '', scales],
      methods[method],
      'channels first',
    );
  },
};
