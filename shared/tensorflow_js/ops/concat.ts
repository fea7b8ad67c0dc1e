import type { OpExporter } from '../op_exporter.ts';
import { behindSamples } from './axis.ts';

export const concat: OpExporter = {
  op: 'concat',
  write(to, node) {
    const { axis = -1 } = node.attributes as { readonly axis?: number };
    const inputs = node.inputs.map((input) => to.value(input));
    to.write(node, 'Concatenate', inputs, { axis: behindSamples(axis) });
  },
};
