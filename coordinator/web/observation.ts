// A run as others see it: its pages, and those who watch it there.

import type { Clock } from '../../shared/clock.ts';
import { withoutPaths } from '../../shared/data/sources/source_registry.ts';
import { takesAndGives } from '../../shared/model/takes_and_gives.ts';
import type { RunView } from '../../shared/watch/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Access } from '../connections/access.ts';
import type { Limits } from '../connections/limits.ts';
import type { MemoryBudget } from '../connections/memory_budget.ts';
import type { Run } from '../run/run.ts';
import type { RunListener } from '../run/run_events.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { createPages } from './pages.ts';
import { Places } from './places.ts';
import type { Routes } from './routes.ts';
import { Telemetry } from './telemetry.ts';
import { viewOf } from './viewers.ts';
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
  readonly access: Access;
  /** Undefined if the run is not recorded. */
  readonly records: WatchedRecords | undefined;
  /** Where others reach the page. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly limits: Limits;
  /** What all peers may hold. */
  readonly memory: MemoryBudget;
}

export interface Observation {
  /** To be told what happens. */
  readonly listener: Required<Pick<RunListener, 'onStep' | 'onEpoch' | 'onWorkers'>>;
  readonly pages: Routes;
  /** Tells those who watch the last state. */
  readonly close: () => void;
}

export function observe(options: ObservationOptions): Observation {
  const { prepared, run, access, records, addresses, clock, limits, memory } = options;
  const { now } = clock;
  const { microbatchSize, initialize } = prepared.job;
  const telemetry = new Telemetry(describeRun(prepared), microbatchSize, initialize === undefined);
  for (const { step, loss } of records?.pastSteps ?? []) telemetry.onPastStep(step, loss);
  for (const record of records?.history ?? []) telemetry.onEpoch(record, now());
  const state = () => ({ phase: run.phase, step: run.step, ...records?.saving });
  const invitation = { addresses, ...(access.workerToken === undefined ? {} : { token: access.workerToken }) };
  const watchers = new Watchers(
    {
      snapshot: () => telemetry.snapshot(state(), run.workerFigures),
      update: () => telemetry.update(state(), run.workerFigures),
      viewOf: (message, viewer) => viewOf(message, viewer, invitation),
    },
    { clock, places: new Places(limits.watchers, limits.watchersPerAddress) },
  );
  return {
    listener: {
      onStep: (step, measurement, contributions) => telemetry.onStep(step, measurement, contributions, now()),
      onEpoch: (epoch, step, evaluation) => telemetry.onEpoch({ epoch, step, evaluation }, now()),
      onWorkers: (change) => telemetry.onWorkers(change),
    },
    pages: createPages({ prepared, watchers, step: () => run.step, status: () => run.status, clock, limits, memory }),
    close: () => watchers.close(),
  };
}

function describeRun({ job, digest, graph, totalSteps, data, state }: PreparedJob): RunView {
  const { takes, gives } = takesAndGives({ graph, fields: data.dataSet.fields });
  const outputs = gives.kind === 'tokens' ? gives.size : gives.names.length;
  return {
    name: job.name,
    description: job.description ?? '',
    digest,
    job: JSON.stringify({ ...job, data: withoutPaths(job.data) }, undefined, 2),
    totalSteps,
    stepsPerEpoch: data.stepsPerEpoch,
    parameters: state.replica.parameterCount,
    trainingSamples: data.dataSet.training.count,
    teaches: { takes: takes.kind, gives: gives.kind, outputs },
  };
}
