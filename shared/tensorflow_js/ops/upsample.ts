import { inputOf } from '../../engine/ops/op.ts';
import { noLayer, type OpExporter } from '../op_exporter.ts';

/** Bilinear layers there take other points between pixels than ours. */
export const upsample: OpExporter = {
  op: 'upsample',
  write(to, node) {
    const { factor, method } = node.attributes as { readonly factor: number; readonly method: string };
    if (method !== 'nearest') throw noLayer(node, `upsample by the method ${method}`);
    to.write(node, 'UpSampling2D', [to.value(inputOf(node))], { size: [factor, factor], interpolation: 'nearest' });
  },
};
