// matmul: y = x W. x [..., inner] per sample, W a parameter [inner, columns]: the rows of all samples are one matrix.

import { lastOf, shapeText } from '../shape.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

export const matmul: Op = {
  name: 'matmul',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [x, weight] = takeInputs(inputs, ['x', 'weight'], nodeName, 'matmul');
    requireBatch(x, nodeName, 'matmul');
    const [inner, columns] = weight.shape;
    const fits = weight.kind === 'parameter' && weight.shape.length === 2 && x.shape.at(-1) === inner;
    if (!fits || columns === undefined) {
      const expected = 'x [..., n] and a parameter [n, columns]';
      throw mismatch(
        nodeName,
        'matmul',
        expected,
        `x ${shapeText(x.shape)} and ${weight.kind} ${shapeText(weight.shape)}`,
      );
    }
    return { kind: 'batch', type: 'f32', shape: [...x.shape.slice(0, -1), columns] };
  },

  forward(emit, node) {
    const { x, weight, inner, columns } = parts(node);
    const rows = emit.rows(x);
    const packed = emit.prepared(`pack ${weight.name}`, emit.packedBytes(inner, columns), (program, buffer) =>
      program.call('pack', buffer, emit.value(weight), inner, columns),
    );
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emit.call('matmul', output, emit.value(x), packed, rows, columns, inner, bias, code);
  },

  gradient(emit, node) {
    const { x, weight, inner, columns } = parts(node);
    const rows = emit.rows(x);
    const outputGradient = emit.outputGradient(node);
    emit.contribute(x, (target) => {
      const bytes = emit.packedBytes(columns, inner);
      const packed = emit.prepared(`pack transposed ${weight.name}`, bytes, (program, buffer) =>
        program.call('packTransposed', buffer, emit.value(weight), columns, inner),
      );
      emit.call('matmul', target, outputGradient, packed, rows, inner, columns, 0, 0);
    });
    emit.contribute(weight, (target) => {
      const packed = emit.temporary(emit.packedBytes(rows, columns) / 4);
      emit.call('pack', packed, outputGradient, rows, columns);
      const scratch = emit.temporary(emit.scratchBytes(inner, columns, rows) / 4);
      emit.call('matmulTransposed', target, emit.value(x), packed, inner, columns, rows, scratch);
    });
  },

  reference(given) {
    const { inner, columns } = parts(given.node);
    const [x, weight] = [valuesOf(given, 0), valuesOf(given, 1)];
    const rows = x.length / inner;
    const y = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < inner; k++) {
        const xk = x[row * inner + k] ?? 0;
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          y[at] = (y[at] ?? 0) + xk * (weight[k * columns + column] ?? 0);
        }
      }
    }
    return y;
  },
};

function parts(node: Parameters<Op['forward']>[1]) {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  return { x, weight, columns: lastOf(node.output.shape), inner: lastOf(x.shape) };
}
