// Prints how near the engine's matmul comes to what 128-bit vectors allow on this core. Run on its own, pinned.

import { loadEngine } from '../../shared/engine/engine.ts';
import { createProduct, productOperations } from '../../shared/engine/matrix_product.ts';
import { enableRelaxedSimd } from '../../shared/node/relaxed_simd.ts';
import { measureClock } from './clock_chain.ts';
import { median, timeFor } from './timing.ts';

const rounds = 7;
const roundSeconds = 0.1;

/** Two vector units, four f32 each, a multiplication and an addition at once. */
const operationsPerCycle = 16;

/** The first layers of W1 and W2, and a square. */
const shapes = [
  { rows: 100, inner: 784, columns: 100 },
  { rows: 128, inner: 784, columns: 512 },
  { rows: 512, inner: 512, columns: 512 },
] as const;

enableRelaxedSimd();
for (const shape of shapes) {
  const { rows, inner, columns } = shape;
  const operations = productOperations(shape);
  const fused = createProduct(await loadEngine('fused'), shape);
  const portable = createProduct(await loadEngine('portable'), shape);
  const measured: { clock: number; fused: number; portable: number }[] = [];
  for (let round = -2; round < rounds; round++) {
    const result = {
      clock: measureClock(roundSeconds),
      fused: operations / timeFor(roundSeconds, fused) / 1e6,
      portable: operations / timeFor(roundSeconds, portable) / 1e6,
    };
    if (round >= 0) measured.push(result); // the first two warm up
  }
  const of = (key: 'clock' | 'fused' | 'portable') => median(measured.map((result) => result[key]));
  const limit = operationsPerCycle * of('clock');
  const share = (rate: number) => `${rate.toFixed(1)} GFLOP/s (${Math.round((100 * rate) / limit)} %)`;
  console.log(
    `matmul ${rows}x${inner}x${columns}: fused ${share(of('fused'))}, portable ${share(of('portable'))} ` +
      `of ${limit.toFixed(1)} = ${operationsPerCycle} a cycle at ${of('clock').toFixed(2)} GHz`,
  );
}
