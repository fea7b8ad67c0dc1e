import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { asFloats } from './scale.ts';

export const standardize: OpExporter = {
  op: 'standardize',
  write(to, node) {
    const { mean, deviation } = node.attributes as {
      readonly mean: readonly number[];
      readonly deviation: readonly number[];
    };
    const list = (values: readonly number[]) => `torch.tensor([${values.join(', ')}])`;
    to.write(node, `(${asFloats(to, inputOf(node))} - ${list(mean)}) / ${list(deviation)}`);
  },
};
