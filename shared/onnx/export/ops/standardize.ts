import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import { asFloats } from './scale.ts';

export const standardize: OpExporter = {
  op: 'standardize',
  write(to, node) {
    const { mean, deviation } = node.attributes as {
      readonly mean: readonly number[];
      readonly deviation: readonly number[];
    };
    const centre = to.constant(`${node.name}.mean`, Float32Array.from(mean), [mean.length]);
    const width = to.constant(`${node.name}.deviation`, Float32Array.from(deviation), [deviation.length]);
    to.write(node, 'Div', [to.step('Sub', [asFloats(to, inputOf(node)), centre]), width]);
  },
};
