import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const upsample: OpExporter = {
  op: 'upsample',
  write(to, node) {
    const { factor, method } = node.attributes as { readonly factor: number; readonly method: string };
    const image = to.value(inputOf(node), 'channels first');
    to.write(node, `F.interpolate(${image}, scale_factor=${factor}, mode='${method}')`, 'channels first');
  },
};
