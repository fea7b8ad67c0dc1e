// A matrix product on its own, with operands of noise: what the engine can do here at its best.

import type { Engine } from './engine.ts';
import { epilogueCodes } from './kernels.ts';

export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** A function that multiplies [rows, inner] by [inner, columns], the right operand packed before. */
export function createProduct(engine: Engine, { rows, inner, columns }: ProductShape): () => void {
  const { kernels } = engine;
  const a = engine.allocate(4 * rows * inner);
  const b = engine.allocate(4 * inner * columns);
  const c = engine.allocate(4 * rows * columns);
  const packed = engine.allocate(kernels.packedBytes(inner, columns));
  kernels.fillUniform(a, rows * inner, 1, 0, 1, 0, -1, 1);
  kernels.fillUniform(b, inner * columns, 1, 0, 2, 0, -1, 1);
  kernels.pack(packed, b, inner, columns);
  return () => kernels.matmul(c, a, packed, rows, columns, inner, 0, epilogueCodes.none);
}

/** Floating-point operations of the product. */
export function productOperations({ rows, inner, columns }: ProductShape): number {
  return 2 * rows * inner * columns;
}
