// Times training steps of whole runs: in this process, or on local worker processes over WebSockets.

import { prepareJob } from '../../coordinator/computation/prepared_job.ts';
import { startCoordinator } from '../../coordinator/coordinator.ts';
import { loadDataSet } from '../../coordinator/data/data_sources.ts';
import type { OwnShareMode } from '../../coordinator/run/own_share.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { startWorker } from '../system/processes.ts';
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

/** Milliseconds a step of a run of `job.steps` steps, all of it on one worker process of so many threads. */
export async function timeCrew(job: Job, threads: number): Promise<DistributedTiming> {
  return timeRun(job, 0, 'nothing', threads);
}

/**
 * Milliseconds a step of a run of `job.steps` steps; `workers` 0: in this process.
 * @param crew threads of one more worker process
 */
export async function timeRun(
  job: Job,
  workers: number,
  ownShare: OwnShareMode = workers === 0 ? 'everything' : 'nothing',
  crew = 0,
): Promise<DistributedTiming> {
  const prepared = await prepareJob(job, await loadDataSet(job));
  const durations: number[] = [];
  let previous = 0;
  const failure = new AbortController();
  await using coordinator = await startCoordinator({
    prepared,
    ...(workers + crew === 0 ? {} : { listen: { host: '127.0.0.1', port: 0 } }),
    workers,
    ownShare,
    onEvent: (event) => {
      if (event.type === 'warning') failure.abort(new Error(event.message));
      if (event.type !== 'step') return;
      const now = performance.now();
      // The first step of an epoch waits for the evaluation before it.
      const { step } = event;
      if (step > warmUpSteps && (step - 1) % prepared.data.stepsPerEpoch !== 0) durations.push(now - previous);
      previous = now;
    },
  });
  const worker = crew === 0 ? undefined : startWorker(coordinator.url ?? '', {}, crew);
  try {
    await Promise.race([coordinator.outcome, rejection(failure.signal)]);
  } finally {
    await worker?.kill();
  }
  const { parametersDigest, parameterBytes } = prepared.state;
  return { ...summarize(blockMeans(durations)), parametersDigest, parameterBytes: parameterBytes.length };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
