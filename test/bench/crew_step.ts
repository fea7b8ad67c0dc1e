// Contestant: one training step, forward, loss, backward and SGD, by a crew of threads in this process.
// Arguments: W1|W2|W3|W4|W5 portable|fused threads

import { setTimeout as wait } from 'node:timers/promises';
import { Crew } from '../../shared/crew/crew.ts';
import { engineMemory, type NumericsProfile } from '../../shared/engine/engine.ts';
import { crewThreads } from '../../shared/node/crew_threads.ts';
import { trainInRounds } from './training_rounds.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const [name = 'W1', profile = 'portable', count = '1'] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];
const threads = Number(count);
// A microbatch for each thread, as a run would choose that has a machine to itself.
const microbatchSize = Math.ceil(workload.batchSize / threads);
await trainInRounds(workload, { profile: profile as NumericsProfile, microbatchSize }, async (trained) => {
  const crew = new Crew({ ...crewThreads({ threads }), ...trained, maximumBytes: engineMemory });
  while (crew.size < threads) await wait(10);
  return (samples, step) => {
    const { vector, lossSum } = crew.compute({ kind: 'gradient', step, shard: { first: 0, count: threads } }, samples);
    if (vector === undefined) throw new Error('no gradient');
    return { gradient: vector, lossSum };
  };
});
