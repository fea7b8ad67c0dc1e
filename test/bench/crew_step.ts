// Contestant: one training step, forward, loss, backward and SGD, by a crew of threads in this process.
// Arguments: W1|W2|W3|W4|W5 portable|fused threads

import { setTimeout as wait } from 'node:timers/promises';
import { Crew } from '../../shared/crew/crew.ts';
import { engineMemory, type NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { crewThreads } from '../../shared/node/crew_threads.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import { serveRounds } from './rounds.ts';
import { batchesOf, graphOf, samplesOf, type WorkloadName, workloads } from './workloads.ts';

const [name = 'W1', profile = 'portable', count = '1'] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];
const threads = Number(count);
const { batchSize, learningRate } = workload;
const graph = graphOf(workload);
const engine = await loadNodeEngine(profile as NumericsProfile);
// A microbatch for each thread, as a run would choose that has a machine to itself.
const replica = Replica.create(engine, graph, { microbatchSize: Math.ceil(batchSize / threads) });
replica.initialize(1);
const crew = new Crew({ ...crewThreads({ threads }), engine, replica, graph, maximumBytes: engineMemory });
while (crew.size < threads) await wait(10);
const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
const optimizer = createOptimizer(engine, specification, replica.parameterCount);
const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));

let steps = 0;
await serveRounds((index) => {
  const samples = batches[index % batches.length];
  if (samples === undefined) throw new RangeError('no mini-batches');
  const work: Work = { kind: 'gradient', step: steps, shard: { first: 0, count: threads } };
  const { vector, lossSum } = crew.compute(work, samples);
  if (vector === undefined) throw new Error('no gradient');
  steps += 1;
  replica.update(optimizer, vector, batchSize, learningRate, steps);
  return lossSum / batchSize;
});
