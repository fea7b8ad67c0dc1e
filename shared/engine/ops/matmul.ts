// matmul: y = x W. x [..., inner] per sample, W a parameter [inner, columns], or its transpose [columns, inner] (an embedding's
// table, say, that is used a second time): the rows of all samples are one matrix.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { lastOf, shapeText } from '../shape.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, type Op, requireBatch, type Tensor, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({
  /** Whether W is given as [columns, inner]. */
  transposed: v.exactOptional(v.boolean()),
});

type Attributes = v.InferOutput<typeof attributes>;

export const matmul: Op = {
  name: 'matmul',
  attributes,

  infer(inputs, given, nodeName) {
    const [x, weight] = takeInputs(inputs, ['x', 'weight'], nodeName, 'matmul');
    requireBatch(x, nodeName, 'matmul');
    const { transposed = false } = given as Attributes;
    const [inner, columns] = transposed ? [weight.shape[1], weight.shape[0]] : weight.shape;
    const fits = weight.kind === 'parameter' && weight.shape.length === 2 && x.shape.at(-1) === inner;
    if (!fits || columns === undefined) {
      const expected = `x [..., n] and a parameter ${transposed ? '[columns, n]' : '[n, columns]'}`;
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
    const { x, weight, inner, columns, transposed } = parts(node);
    const rows = emit.rows(x);
    const packed = packedWeight(emit, weight, inner, columns, transposed);
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emit.call('matmul', output, emit.value(x), packed, rows, columns, inner, bias, code);
  },

  gradient(emit, node) {
    const { x, weight, inner, columns, transposed } = parts(node);
    const rows = emit.rows(x);
    const outputGradient = emit.outputGradient(node);
    emit.contribute(x, (target) => {
      const packed = packedWeight(emit, weight, columns, inner, !transposed);
      emit.call('matmul', target, outputGradient, packed, rows, inner, columns, 0, 0);
    });
    emit.contribute(weight, (target) => {
      const [left, right] = transposed ? [outputGradient, emit.value(x)] : [emit.value(x), outputGradient];
      const [height, width] = transposed ? [columns, inner] : [inner, columns];
      const packed = emit.temporary(emit.packedBytes(rows, width) / 4);
      emit.call('pack', packed, right, rows, width);
      const scratch = emit.temporary(emit.scratchBytes(height, width, rows) / 4);
      emit.call('matmulTransposed', target, left, packed, height, width, rows, scratch);
    });
  },

  reference(given) {
    const { inner, columns, transposed } = parts(given.node);
    const [x, weight] = [valuesOf(given, 0), valuesOf(given, 1)];
    const rows = x.length / inner;
    const y = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < inner; k++) {
        const xk = x[row * inner + k] ?? 0;
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          const w = weight[transposed ? column * inner + k : k * columns + column] ?? 0;
          y[at] = (y[at] ?? 0) + xk * w;
        }
      }
    }
    return y;
  },
};

function parts(node: Parameters<Op['forward']>[1]) {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  const { transposed = false } = node.attributes as Attributes;
  return { x, weight, columns: lastOf(node.output.shape), inner: lastOf(x.shape), transposed };
}

/** The weight as a right operand [inner, columns], packed; `transposed` if it lies as [columns, inner]. */
function packedWeight(emit: Emitter, weight: Tensor, inner: number, columns: number, transposed: boolean): Buffer {
  const key = `pack${transposed ? ' transposed' : ''} ${weight.name}`;
  const kernel = transposed ? 'packTransposed' : 'pack';
  return emit.prepared(key, emit.packedBytes(inner, columns), (program, buffer) =>
    program.call(kernel, buffer, emit.value(weight), inner, columns),
  );
}
