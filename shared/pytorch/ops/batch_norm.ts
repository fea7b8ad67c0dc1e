import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import { applyByChannel } from './channels.ts';

const keys = ['weight', 'bias', 'running_mean', 'running_var'];

export const batchNorm: OpExporter = {
  op: 'batchNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const { shape } = inputOf(node);
    const type = shape.length === 3 ? 'BatchNorm2d' : 'BatchNorm1d';
    const tensors = keys.map((key, index) => ({ key, tensor: inputOf(node, index + 1) }));
    const module = to.module(node, `nn.${type}(${lastOf(shape)}, eps=${epsilon})`, tensors);
    const counted = { type: 'I64', shape: [], bytes: new Uint8Array(8) } as const;
    to.add(`${module.replace('self.', '')}.num_batches_tracked`, counted);
    applyByChannel(to, node, module);
  },
};
