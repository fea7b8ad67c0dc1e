// Contestant: one training step of the engine alone, forward, loss, backward and SGD, in this process.
// Arguments, beside the engine that GRADSWARM_ENGINE names: W1|W2|W3|W4|W5 portable|fused [microbatch size]

import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { trainInRounds } from './training_rounds.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const [name = 'W1', profile = 'portable', microbatch] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];
const microbatchSize = microbatch === undefined ? workload.batchSize : Number(microbatch);
await trainInRounds(
  workload,
  { profile: profile as NumericsProfile, microbatchSize },
  ({ replica }) =>
    (samples) =>
      replica.computeShard(samples),
);
