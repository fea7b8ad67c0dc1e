import { inputOf } from '../../../engine/ops/op.ts';
import { lastOf } from '../../../engine/shape.ts';
import { float } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';
import { onesBehindChannels, writeByChannel } from './channels.ts';

/** GroupNormalization is an operator from operator set 18 on only: here each group is an instance. */
export const groupNorm: OpExporter = {
  op: 'groupNorm',
  write(to, node) {
    const { groups, epsilon } = node.attributes as { readonly groups: number; readonly epsilon: number };
    const channels = lastOf(inputOf(node).shape);
    const [one, zero] = [1, 0].map((value) =>
      to.constant(`${node.name}.${value}`, new Float32Array(groups).fill(value), [groups]),
    ) as [string, string];
    const [gain, bias] = [1, 2].map((index) => {
      const { name } = inputOf(node, index);
      return to.constant(name, to.weightsOf(inputOf(node, index)), [channels, ...onesBehindChannels(node)]);
    }) as [string, string];
    writeByChannel(to, node, (x, last) => {
      const grouped = to.step('Reshape', [x, to.integers([0, groups, -1])]);
      const normalized = to.step('InstanceNormalization', [grouped, one, zero], { epsilon: float(epsilon) });
      const back = to.step('Reshape', [normalized, to.step('Shape', [x])]);
      return last('Add', [to.step('Mul', [back, gain]), bias]);
    });
  },
};
