// Contestant: one training step of the engine alone, forward, loss, backward and SGD, in this process.
// Arguments, beside the engine that GRADSWARM_ENGINE names: W1|W2|W3|W4|W5 portable|fused [microbatch size]

import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { serveRounds } from './rounds.ts';
import { batchesOf, graphOf, samplesOf, type WorkloadName, workloads } from './workloads.ts';

const [name = 'W1', profile = 'portable', microbatch] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];
const { batchSize, learningRate } = workload;
const engine = await loadNodeEngine(profile as NumericsProfile);
const microbatchSize = microbatch === undefined ? batchSize : Number(microbatch);
const replica = Replica.create(engine, graphOf(workload), { microbatchSize });
replica.initialize(1);
const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
const optimizer = createOptimizer(engine, specification, replica.parameterCount);
const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));

let steps = 0;
await serveRounds((index) => {
  const samples = batches[index % batches.length];
  if (samples === undefined) throw new RangeError('no mini-batches');
  const { gradient, lossSum } = replica.computeShard(samples);
  steps += 1;
  replica.update(optimizer, gradient, batchSize, learningRate, steps);
  return lossSum / batchSize;
});
