// Times training steps of whole runs: in this process, or on local worker processes over WebSockets.

import { prepareJob } from '../../coordinator/computation/prepared_job.ts';
import { loadDataSet } from '../../coordinator/data/data_sources.ts';
import { startLocalWorkers } from '../../coordinator/run/local_workers.ts';
import type { OwnShareMode } from '../../coordinator/run/own_share.ts';
import { Run } from '../../coordinator/run/run.ts';
import { listen } from '../../coordinator/web/server.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { blockMeans, summarize, type Timing } from './timing.ts';
import type { Workload } from './workloads.ts';

/** A workload as a job on real MNIST. */
export function jobOf(workload: Workload, options: Partial<Pick<Job, 'microbatchSize' | 'numerics' | 'steps'>>): Job {
  const job = {
    name: 'benchmark',
    data: { source: 'mnist' },
    model: { layers: workload.layers },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: workload.learningRate },
    batchSize: workload.batchSize,
    ...options,
  };
  return parseJob(job, 'benchmark');
}

export interface DistributedTiming extends Timing {
  readonly parametersDigest: string;
  readonly parameterBytes: number;
}

/** Steps at the start that are not counted: workers join, V8 warms up. */
const warmUpSteps = 300;

/** Milliseconds a step of a run of `job.steps` steps; `workers` 0: in this process. */
export async function timeRun(
  job: Job,
  workers: number,
  ownShare: OwnShareMode = workers === 0 ? 'everything' : 'nothing',
): Promise<DistributedTiming> {
  const prepared = await prepareJob(job, await loadDataSet(job.data, '.'));
  const durations: number[] = [];
  let previous = 0;
  const run = new Run({
    prepared,
    firstStep: 0,
    evaluatedStep: 0,
    ownShare,
    listener: {
      onStep: (step) => {
        const now = performance.now();
        // The first step of an epoch waits for the evaluation before it.
        if (step > warmUpSteps && (step - 1) % prepared.data.stepsPerEpoch !== 0) durations.push(now - previous);
        previous = now;
      },
    },
  });
  const server = await listen({ host: '127.0.0.1', port: 0, status: () => ({}) });
  server.admit((open, address) => run.accept(open, address));
  const workersFailed = new AbortController();
  const url = `ws://127.0.0.1:${server.port}`;
  const onFailed = (reason: string) => workersFailed.abort(new Error(`the local workers ended: ${reason}`));
  const local = workers === 0 ? undefined : startLocalWorkers({ url, processes: workers, onFailed });
  try {
    run.start();
    await Promise.race([run.outcome, rejection(workersFailed.signal)]);
  } finally {
    local?.stop();
    await server.close();
  }
  const { parametersDigest, parameterBytes } = prepared.state;
  return { ...summarize(blockMeans(durations)), parametersDigest, parameterBytes: parameterBytes.length };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
