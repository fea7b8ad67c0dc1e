// matmul: y = x W. x [inner] per sample, W a parameter [inner, columns].

import { elementsOf, shapeText } from '../shape.ts';
import { inputOf, mismatch, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

export const matmul: Op = {
  name: 'matmul',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [x, weight] = takeInputs(inputs, ['x', 'weight'], nodeName, 'matmul');
    requireBatch(x, nodeName, 'matmul');
    const [inner, columns] = weight.shape;
    const fits =
      weight.kind === 'parameter' && weight.shape.length === 2 && x.shape.length === 1 && x.shape[0] === inner;
    if (!fits || columns === undefined) {
      const expected = `x [n] and a parameter [n, columns]`;
      throw mismatch(
        nodeName,
        'matmul',
        expected,
        `x ${shapeText(x.shape)} and ${weight.kind} ${shapeText(weight.shape)}`,
      );
    }
    return { kind: 'batch', type: 'f32', shape: [columns] };
  },

  forward(emit, node) {
    const { x, weight, inner, columns } = parts(node);
    const packed = emit.prepared(`pack ${weight.name}`, emit.kernels.packedBytes(inner, columns), (program, buffer) =>
      program.call('pack', buffer, emit.value(weight), inner, columns),
    );
    const { bias, code, output } = emit.fuseEpilogue(node);
    emit.call('matmul', output, emit.value(x), packed, emit.samples, columns, inner, bias, code);
  },

  gradient(emit, node) {
    const { x, weight, inner, columns } = parts(node);
    const outputGradient = emit.outputGradient(node);
    emit.contribute(x, (target) => {
      const bytes = emit.kernels.packedBytes(columns, inner);
      const packed = emit.prepared(`pack transposed ${weight.name}`, bytes, (program, buffer) =>
        program.call('packTransposed', buffer, emit.value(weight), columns, inner),
      );
      emit.call('matmul', target, outputGradient, packed, emit.samples, inner, columns, 0, 0);
    });
    emit.contribute(weight, (target) => {
      const packed = emit.temporary(emit.kernels.packedBytes(emit.samples, columns) / 4);
      emit.call('pack', packed, outputGradient, emit.samples, columns);
      const scratch = emit.temporary(emit.kernels.scratchBytes(inner, columns, emit.samples) / 4);
      emit.call('matmulTransposed', target, emit.value(x), packed, inner, columns, emit.samples, scratch);
    });
  },

  reference(given) {
    const { inner, columns } = parts(given.node);
    const [x, weight] = [valuesOf(given, 0), valuesOf(given, 1)];
    const y = new Float64Array(given.samples * columns);
    for (let sample = 0; sample < given.samples; sample++) {
      for (let k = 0; k < inner; k++) {
        const xk = x[sample * inner + k] ?? 0;
        for (let column = 0; column < columns; column++) {
          const at = sample * columns + column;
          y[at] = (y[at] ?? 0) + xk * (weight[k * columns + column] ?? 0);
        }
      }
    }
    return y;
  },
};

function parts(node: Parameters<Op['forward']>[1]) {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  const columns = elementsOf(node.output.shape);
  return { x, weight, columns, inner: elementsOf(x.shape) };
}
