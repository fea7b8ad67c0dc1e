import { attributeOf, type Constant, outputOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

export const matMul: OpImporter = {
  opType: 'MatMul',
  read(from, node) {
    const x = from.plainAt(node);
    const other = from.at(node, 1);
    if (other?.kind === 'tensor') {
      from.write(node, 'batchedMatmul', [x, from.plain(other)]);
      return;
    }
    const weight = from.constantAt(node, 1);
    if (weight.shape.length !== 2) throw refusal(node, 'a constant of more than two dimensions');
    from.write(node, 'matmul', [x, from.parameter(node.inputs[1] ?? '', weight)]);
  },
};

/** alpha x W + beta b, W perhaps given transposed. */
export const gemm: OpImporter = {
  opType: 'Gemm',
  read(from, node) {
    if (attributeOf(node, 'transA', 'int', 0) !== 0) throw refusal(node, 'transA is not supported');
    const order = attributeOf(node, 'transB', 'int', 0) === 0 ? undefined : [1, 0];
    const alpha = attributeOf(node, 'alpha', 'float', 1);
    const beta = attributeOf(node, 'beta', 'float', 1);
    const weight = from.parameter(node.inputs[1] ?? '', times(from.constantAt(node, 1), alpha), order);
    const x = from.plainAt(node);
    if (from.at(node, 2) === undefined) {
      from.write(node, 'matmul', [x, weight]);
      return;
    }
    const product = from.node(`${outputOf(node)}.product`, 'matmul', [x, weight]);
    const given = times(from.constantAt(node, 2), beta);
    const bias = from.parameter(node.inputs[2] ?? '', { ...given, shape: [given.values.length] });
    from.write(node, 'bias', [product, bias]);
  },
};

function times(constant: Constant, factor: number): Constant {
  return { ...constant, values: constant.values.map((value) => value * factor) };
}
