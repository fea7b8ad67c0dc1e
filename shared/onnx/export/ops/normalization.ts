import { inputOf } from '../../../engine/ops/op.ts';
import { float } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

export const layerNorm: OpExporter = {
  op: 'layerNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const inputs = [to.value(inputOf(node)), to.parameter(inputOf(node, 1)), to.parameter(inputOf(node, 2))];
    to.write(node, 'LayerNormalization', inputs, { axis: -1, epsilon: float(epsilon) });
  },
};

/** RMSNormalization is an operator from operator set 23 on only. */
export const rmsNorm: OpExporter = {
  op: 'rmsNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = to.value(inputOf(node));
    const square = to.step('ReduceMean', [to.step('Mul', [x, x])], { axes: [-1], keepdims: 1 });
    const deviation = to.step('Sqrt', [to.step('Add', [square, to.number(epsilon)])]);
    to.write(node, 'Mul', [to.step('Div', [x, deviation]), to.parameter(inputOf(node, 1))]);
  },
};
