// Prints how near the engine's matmul comes to what 128-bit vectors allow on this core. Run on its own, pinned.

import { loadEngine, type NumericsProfile } from '../../shared/engine/engine.ts';
import { epilogueCodes } from '../../shared/engine/kernels.ts';
import { enableRelaxedSimd } from '../../shared/node/relaxed_simd.ts';
import { measureClock } from './clock_chain.ts';
import { median, timeFor } from './timing.ts';

const rounds = 7;
const roundSeconds = 0.1;

/** Two vector units, four f32 each, a multiplication and an addition at once. */
const operationsPerCycle = 16;

/** Rows, inner dimension and columns: the first layers of W1 and W2, and a square. */
const sizes = [
  [100, 784, 100],
  [128, 784, 512],
  [512, 512, 512],
] as const;

type Matmul = () => void;

async function createMatmul(profile: NumericsProfile, [rows, inner, columns]: (typeof sizes)[number]): Promise<Matmul> {
  const engine = await loadEngine(profile);
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

enableRelaxedSimd();
for (const size of sizes) {
  const [rows, inner, columns] = size;
  const operations = 2 * rows * inner * columns;
  const fused = await createMatmul('fused', size);
  const portable = await createMatmul('portable', size);
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
