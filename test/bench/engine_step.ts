// One training step of the engine alone: forward, loss, backward, SGD, in this process.
// Usage: node engine_step.js W1|W2|W3 portable|fused [microbatch size]; prints one JSON line.

import { loadEngine, type NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizer.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { time } from './timing.ts';
import { graphOf, samplesOf, type WorkloadName, workloads } from './workloads.ts';

const [name = 'W1', profile = 'portable', microbatch] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];
const { batchSize, learningRate } = workload;
const microbatchSize = microbatch === undefined ? batchSize : Number(microbatch);
const engine = await loadEngine(profile as NumericsProfile);
const replica = Replica.create(engine, graphOf(workload), { microbatchSize });
replica.initialize(1);
const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
const optimizer = createOptimizer(engine, specification, replica.parameterCount);
const batches = Array.from({ length: 8 }, (_, index) => samplesOf(batchSize, index + 1));

let loss = 0;
const { median, least, greatest } = time((index) => {
  const samples = batches[index % batches.length];
  if (samples === undefined) return;
  const result = replica.computeShard(samples);
  optimizer.apply(replica.parameters, result.gradient, result.samples, learningRate);
  replica.parametersChanged();
  loss = result.lossSum / result.samples;
});
console.log(
  JSON.stringify({ peer: `gradswarm ${profile}`, workload: name, milliseconds: median, least, greatest, loss }),
);
