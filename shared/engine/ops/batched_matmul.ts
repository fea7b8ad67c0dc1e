// batchedMatmul: y = A B of matrices that both belong to the sample: A [..., rows, inner], B [..., inner, columns], with as many
// matrices on either side; either may be given transposed.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, shapeText } from '../shape.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, type Tensor, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({
  /** Whether A is given as [..., inner, rows]. */
  transposedLeft: v.optional(v.boolean(), false),
  /** Whether B is given as [..., columns, inner]. */
  transposedRight: v.optional(v.boolean(), false),
});

type Attributes = v.InferOutput<typeof attributes>;

export const batchedMatmul: Op = {
  name: 'batchedMatmul',
  attributes,

  infer(inputs, given, nodeName) {
    const [left, right] = takeInputs(inputs, ['left', 'right'], nodeName, 'batchedMatmul');
    requireBatch(left, nodeName, 'batchedMatmul');
    requireBatch(right, nodeName, 'batchedMatmul');
    const { transposedLeft, transposedRight } = given as Attributes;
    const [one, other] = [matrixOf(left, transposedLeft), matrixOf(right, transposedRight)];
    const isFit = left.shape.length >= 2 && one.batch.join() === other.batch.join() && one.columns === other.rows;
    if (!isFit) {
      const expected = `left ${transposedLeft ? '[..., n, rows]' : '[..., rows, n]'}, right ${transposedRight ? '[..., columns, n]' : '[..., n, columns]'}`;
      throw mismatch(nodeName, 'batchedMatmul', expected, `${shapeText(left.shape)} and ${shapeText(right.shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape: [...one.batch, one.rows, other.columns] };
  },

  forward(emit, node) {
    const { left, right, product } = parts(node);
    emitProducts(emit, emit.value(node.output), emit.value(left), emit.value(right), product);
  },

  gradient(emit, node) {
    const { left, right, product } = parts(node);
    const { count, rows, columns, inner, transposedLeft, transposedRight } = product;
    const gradient = emit.outputGradient(node);
    // dA = dY Bᵀ and dB = Aᵀ dY; or, where a side is given transposed, the transpose of that.
    emit.contribute(left, (target) => {
      const sizes = { count, rows, columns: inner, inner: columns };
      const of = transposedLeft
        ? { ...sizes, rows: inner, columns: rows, transposedLeft: transposedRight, transposedRight: true }
        : { ...sizes, transposedLeft: false, transposedRight: !transposedRight };
      const [one, other] = transposedLeft ? [emit.value(right), gradient] : [gradient, emit.value(right)];
      emitProducts(emit, target, one, other, of);
    });
    emit.contribute(right, (target) => {
      const sizes = { count, rows: inner, columns, inner: rows };
      const of = transposedRight
        ? { ...sizes, rows: columns, columns: inner, transposedLeft: true, transposedRight: transposedLeft }
        : { ...sizes, transposedLeft: !transposedLeft, transposedRight: false };
      const [one, other] = transposedRight ? [gradient, emit.value(left)] : [emit.value(left), gradient];
      emitProducts(emit, target, one, other, of);
    });
  },

  reference(given) {
    const { product } = parts(given.node);
    const { count, rows, columns, inner, transposedLeft, transposedRight } = product;
    const [left, right] = [valuesOf(given, 0), valuesOf(given, 1)];
    const output = new Float64Array(given.samples * count * rows * columns);
    return output.map((_, at) => {
      const matrix = Math.floor(at / (rows * columns));
      const [row, column] = [Math.floor(at / columns) % rows, at % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const a = left[matrix * rows * inner + (transposedLeft ? k * rows + row : row * inner + k)] ?? 0;
        sum +=
          a * (right[matrix * inner * columns + (transposedRight ? column * inner + k : k * columns + column)] ?? 0);
      }
      return sum;
    });
  },
};

/** A tensor as matrices, transposed where it is given so. */
function matrixOf({ shape }: Tensor, transposed: boolean) {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  return transposed ? { batch, rows: columns, columns: rows } : { batch, rows, columns };
}

interface Product extends Attributes {
  /** Pairs of matrices in each sample. */
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

function parts(node: OpNode) {
  const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
  const given = node.attributes as Attributes;
  const { batch, rows, columns: inner } = matrixOf(left, given.transposedLeft);
  const { columns } = matrixOf(right, given.transposedRight);
  const product: Product = { ...given, count: elementsOf(batch), rows, columns, inner };
  return { left, right, product };
}

function emitProducts(emit: Emitter, target: Buffer, left: Buffer, right: Buffer, product: Product): void {
  const { count, rows, columns, inner, transposedLeft, transposedRight } = product;
  const packed = emit.temporary(emit.packedBytes(inner, columns) / 4);
  const scratch = emit.temporary(emit.scratchBytes(rows, columns, inner) / 4);
  const [flagLeft, flagRight] = [transposedLeft ? 1 : 0, transposedRight ? 1 : 0];
  const matrices = emit.samples * count;
  emit.call('matmulEach', target, left, right, packed, scratch, matrices, rows, columns, inner, flagLeft, flagRight);
}
