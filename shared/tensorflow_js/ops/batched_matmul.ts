import { inputOf } from '../../engine/ops/op.ts';
import { elementsOf, type Shape } from '../../engine/shape.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';
import type { OpExporter } from '../op_exporter.ts';
import { cut } from './axis.ts';

export interface Transposes {
  readonly transposedLeft?: boolean;
  readonly transposedRight?: boolean;
}

/** Layers multiply one matrix of each sample with another: of several, each by itself. */
export const batchedMatmul: OpExporter = {
  op: 'batchedMatmul',
  write(to, node) {
    const [left, right] = [to.value(inputOf(node, 0)), to.value(inputOf(node, 1))];
    const { shape } = node.output;
    const [count, matrix] = [elementsOf(shape.slice(0, -2)), shape.slice(-2)];
    const products = Array.from({ length: count }, (_, at) => {
      const product = dot(to, matrixAt(to, left, at), matrixAt(to, right, at), matrix, node.attributes as Transposes);
      return to.reshaped(product, [1, ...matrix]);
    });
    const all = products.length === 1 ? products[0] : undefined;
    const joined = all ?? to.step('Concatenate', products, [count, ...matrix], { config: { axis: 1 } });
    to.define(node, to.reshaped(joined, shape));
  },
};

/** One of the matrices in the last two dimensions of a value. */
function matrixAt(to: LayersWriter, value: LayerOutput, at: number): LayerOutput {
  const matrix = value.shape.slice(-2);
  const all = to.reshaped(value, [elementsOf(value.shape.slice(0, -2)), ...matrix]);
  return to.reshaped(cut(to, all, { axis: 0, start: at, length: 1 }), matrix);
}

/** The product of two matrices of each sample. @param shape of the product. */
export function dot(
  to: LayersWriter,
  left: LayerOutput,
  right: LayerOutput,
  shape: Shape,
  { transposedLeft = false, transposedRight = false }: Transposes,
): LayerOutput {
  const axes = [transposedLeft ? 1 : 2, transposedRight ? 2 : 1];
  return to.step('Dot', [left, right], shape, { config: { axes, normalize: false } });
}
