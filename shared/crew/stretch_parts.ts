// The parts of a stretch, computed one after the other by one replica.

import { type Samples, sliceSamples } from '../data/samples.ts';
import type { Engine } from '../engine/engine.ts';
import type { Graph } from '../engine/graph.ts';
import type { BetweenPasses, Replica } from '../engine/replica.ts';
import type { WorkAnswer } from '../work/work_kind.ts';
import { compute, cuttingOf, type Work } from '../work/work_kinds.ts';
import type { Part } from './cut.ts';
import type { PartSums } from './posted_messages.ts';

export interface StretchOptions {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly graph: Graph;
}

/**
 * Computes the parts of a stretch of the work.
 * @param samples of the stretch
 * @param vectors where the vector of each part goes, where the work has one
 */
export function computeParts(
  { engine, replica, graph }: StretchOptions,
  { work, parts }: { readonly work: Work; readonly parts: readonly Part[] },
  samples: Samples,
  vectors: readonly ArrayBuffer[],
  betweenPasses?: BetweenPasses,
): PartSums {
  const { unitSamples, part: partOf } = cuttingOf(work);
  const size = unitSamples(replica);
  const metrics = Object.keys(graph.metrics);
  const start = parts[0]?.first ?? 0;
  return parts.map(({ first, units }, index) => {
    if (index > 0) betweenPasses?.();
    const from = size * (first - start);
    const slice = sliceSamples(samples, graph.inputs, from, Math.min(samples.count, from + size * units));
    const answer = compute(replica, partOf(work, first, units), slice, betweenPasses);
    copyVector(engine, answer, vectors[index]);
    return [answer.lossSum, ...metrics.map((name) => answer.metricSums[name] ?? Number.NaN)];
  });
}

function copyVector(engine: Engine, { vector }: WorkAnswer, target: ArrayBuffer | undefined): void {
  if (vector === undefined || target === undefined) return;
  new Uint8Array(target).set(engine.bytes(vector, target.byteLength));
}
