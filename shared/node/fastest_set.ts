// Which of a machine's instruction sets computes fastest: wider vectors do not always, where a core takes two turns for each of
// them. All give the same bits, so it does not matter if another program spoils a measurement.

import { type KernelReplacement, loadEngine, type NumericsProfile } from '../engine/engine.ts';
import { createProduct } from '../engine/matrix_product.ts';

/** A few microseconds' work, in whole tiles of every set. */
const product = { rows: 24, inner: 256, columns: 64 };

/** The fastest of so many times counts, taken in turns. */
const rounds = 12;

export interface Candidate {
  readonly set: string;
  readonly replace: KernelReplacement;
}

/** The candidate whose products take least time; the first of those alike. Takes a few milliseconds. */
export async function fastestOf(
  candidates: readonly Candidate[],
  profile: NumericsProfile,
): Promise<Candidate | undefined> {
  if (candidates.length < 2) return candidates[0];
  const runners = await Promise.all(
    candidates.map(async (candidate) => {
      const multiply = createProduct(await loadEngine(profile, { replace: candidate.replace }), product);
      return { candidate, multiply, least: Number.POSITIVE_INFINITY };
    }),
  );
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) {
      const start = performance.now();
      runner.multiply();
      runner.least = Math.min(runner.least, performance.now() - start);
    }
  }
  return runners.reduce((best, other) => (other.least < best.least ? other : best)).candidate;
}
