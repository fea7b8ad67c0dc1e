// The training steps of a workload, to be timed in whatever runs this: Node, or a page that it was bundled for.

import { loadEngine } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { batchesOf, graphOf, samplesOf, type WorkloadName, workloads } from './workloads.ts';

/** Prepares a workload; the function returned trains for at least that many milliseconds and gives those of a step. */
export async function prepareSteps(name: WorkloadName): Promise<(milliseconds: number) => number> {
  const workload = workloads[name];
  const { batchSize, learningRate } = workload;
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, graphOf(workload), { microbatchSize: batchSize });
  replica.initialize(1);
  const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
  const optimizer = createOptimizer(engine, specification, replica.parameterCount);
  const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));
  let index = 0;
  return (milliseconds) => {
    const start = performance.now();
    for (let steps = 1; ; steps++) {
      const samples = batches[index++ % batches.length];
      if (samples === undefined) throw new RangeError('no mini-batches');
      const { gradient } = replica.computeShard(samples);
      replica.update(optimizer, gradient, batchSize, learningRate, index);
      const elapsed = performance.now() - start;
      if (elapsed >= milliseconds) return elapsed / steps;
    }
  };
}
