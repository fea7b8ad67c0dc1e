import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';

export const layerNorm: OpExporter = {
  op: 'layerNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = inputOf(node);
    const tensors = ['weight', 'bias'].map((key, index) => ({ key, tensor: inputOf(node, index + 1) }));
    const name = to.module(node, `nn.LayerNorm(${lastOf(x.shape)}, eps=${epsilon})`, tensors);
    to.write(node, `${name}(${to.value(x)})`);
  },
};

/** nn.RMSNorm came with PyTorch 2.4. */
export const rmsNorm: OpExporter = {
  op: 'rmsNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = to.value(inputOf(node));
    const factor = `torch.rsqrt((${x} * ${x}).mean(-1, keepdim=True) + ${epsilon})`;
    to.write(node, `${x} * ${factor} * ${to.parameter(inputOf(node, 1))}`);
  },
};
