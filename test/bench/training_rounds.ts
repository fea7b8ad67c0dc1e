// Contestants of ours: one training step after the other, forward, loss, backward and SGD, in this process.

import type { Samples } from '../../shared/data/samples.ts';
import type { Engine, NumericsProfile } from '../../shared/engine/engine.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import type { Pointer } from '../../shared/engine/kernels.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { serveRounds } from './rounds.ts';
import { batchesOf, graphOf, samplesOf, type Workload } from './workloads.ts';

export interface Trained {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly replica: Replica;
}

/** The summed gradient of a mini-batch, and its loss; `step` counts from 0. */
export type Gradients = (samples: Samples, step: number) => { readonly gradient: Pointer; readonly lossSum: number };

/** @param prepare makes what computes the gradients of whatever is trained */
export async function trainInRounds(
  workload: Workload,
  { profile, microbatchSize }: { readonly profile: NumericsProfile; readonly microbatchSize: number },
  prepare: (trained: Trained) => Gradients | Promise<Gradients>,
): Promise<void> {
  const { batchSize, learningRate } = workload;
  const graph = graphOf(workload);
  const engine = await loadNodeEngine(profile);
  const replica = Replica.create(engine, graph, { microbatchSize });
  replica.initialize(1);
  const gradientsOf = await prepare({ engine, graph, replica });
  const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
  const optimizer = createOptimizer(engine, specification, replica.parameterCount);
  const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));
  let steps = 0;
  await serveRounds((index) => {
    const samples = batches[index % batches.length];
    if (samples === undefined) throw new RangeError('no mini-batches');
    const { gradient, lossSum } = gradientsOf(samples, steps);
    steps += 1;
    replica.update(optimizer, gradient, batchSize, learningRate, steps);
    return lossSum / batchSize;
  });
}
