// A run as others see it: its pages, and those who watch it there.

import { withoutPaths } from '../../shared/data/sources/source_registry.ts';
import type { RunView } from '../../shared/watch/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Run } from '../run/run.ts';
import type { RunListener } from '../run/run_events.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { createPages, type Pages } from './pages.ts';
import { Telemetry } from './telemetry.ts';
import { Watchers } from './watchers.ts';

/** What a run's records say to those who watch. */
export interface WatchedRecords {
  /** The steps before those of this process. */
  readonly pastSteps: readonly { readonly step: number; readonly loss: number }[];
  readonly history: readonly EpochRecord[];
  /** The step of the newest checkpoint, and why none can be written just now. */
  readonly saving: { readonly checkpoint?: number; readonly trouble?: string };
}

export interface ObservationOptions {
  readonly prepared: PreparedJob;
  readonly run: Run;
  /** Undefined if the run is not recorded. */
  readonly records: WatchedRecords | undefined;
  /** Where others reach the page. */
  readonly addresses: readonly string[];
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface Observation {
  /** To be told what happens. */
  readonly listener: Required<Pick<RunListener, 'onStep' | 'onEpoch' | 'onWorkers'>>;
  readonly pages: Pages;
  /** Tells those who watch the last state. */
  readonly close: () => void;
}

export function observe({ prepared, run, records, addresses, now }: ObservationOptions): Observation {
  const telemetry = new Telemetry(describeRun(prepared, addresses), prepared.job.microbatchSize);
  for (const { step, loss } of records?.pastSteps ?? []) telemetry.onPastStep(step, loss);
  for (const record of records?.history ?? []) telemetry.onEpoch(record, now());
  const state = () => ({ phase: run.phase, step: run.step, ...records?.saving });
  const watchers = new Watchers({
    snapshot: () => telemetry.snapshot(state(), run.workerFigures()),
    update: () => telemetry.update(state(), run.workerFigures()),
  });
  return {
    listener: {
      onStep: (step, measurement, contributions) => telemetry.onStep(step, measurement, contributions, now()),
      onEpoch: (epoch, step, evaluation) => telemetry.onEpoch({ epoch, step, evaluation }, now()),
      onWorkers: (change) => telemetry.onWorkers(change),
    },
    pages: createPages({ prepared, watchers, step: () => run.step }),
    close: () => watchers.close(),
  };
}

function describeRun({ job, digest, totalSteps, data, state }: PreparedJob, addresses: readonly string[]): RunView {
  return {
    name: job.name,
    description: job.description ?? '',
    digest,
    job: JSON.stringify({ ...job, data: withoutPaths(job.data) }, undefined, 2),
    totalSteps,
    stepsPerEpoch: data.stepsPerEpoch,
    parameters: state.replica.parameterCount,
    trainingSamples: data.dataSet.training.count,
    addresses,
  };
}
