import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import { applyByChannel } from './channels.ts';

export const groupNorm: OpExporter = {
  op: 'groupNorm',
  write(to, node) {
    const { groups, epsilon } = node.attributes as { readonly groups: number; readonly epsilon: number };
    const tensors = ['weight', 'bias'].map((key, index) => ({ key, tensor: inputOf(node, index + 1) }));
    const module = `nn.GroupNorm(${groups}, ${lastOf(inputOf(node).shape)}, eps=${epsilon})`;
    applyByChannel(to, node, to.module(node, module, tensors));
  },
};
