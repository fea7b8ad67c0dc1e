import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';

const keys = ['weight', 'bias', 'running_mean', 'running_var'];

/** PyTorch has the channels behind the samples: rows have nothing else, sequences are turned. */
export const batchNorm: OpExporter = {
  op: 'batchNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = inputOf(node);
    const isImage = x.shape.length === 3;
    const type = isImage ? 'BatchNorm2d' : 'BatchNorm1d';
    const tensors = keys.map((key, index) => ({ key, tensor: inputOf(node, index + 1) }));
    const name = to.module(node, `nn.${type}(${lastOf(x.shape)}, eps=${epsilon})`, tensors);
    const counted = { type: 'I64', shape: [], bytes: new Uint8Array(8) } as const;
    to.add(`${name.replace('self.', '')}.num_batches_tracked`, counted);
    if (isImage) to.write(node, `${name}(${to.value(x, 'channels first')})`, 'channels first');
    else if (x.shape.length === 1) to.write(node, `${name}(${to.value(x)})`);
    else to.write(node, `${name}(${to.value(x)}.flatten(1, -2).mT).mT.reshape(-1, ${x.shape.join(', ')})`);
  },
};
