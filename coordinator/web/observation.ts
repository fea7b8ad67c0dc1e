// A run as others see it: its pages, and those who watch it there.

import type { Clock } from '../../shared/clock.ts';
import { withoutPaths } from '../../shared/data/sources/source_registry.ts';
import { takesAndGives } from '../../shared/model/takes_and_gives.ts';
import type { ResultView, RunPhase, RunView, WeightsMessage } from '../../shared/watch/messages.ts';
import type { PersonView } from '../../shared/watch/people.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Access } from '../connections/access.ts';
import type { Limits } from '../connections/limits.ts';
import type { MemoryBudget } from '../connections/memory_budget.ts';
import type { RunListener } from '../run/run_events.ts';
import type { WorkerFigures } from '../run/worker_figures.ts';
import type { Credit } from '../training/credit.ts';
import type { EpochRecord, Evaluation } from '../training/evaluation.ts';
import { createPages } from './pages.ts';
import { Places } from './places.ts';
import type { Exchange, Routes } from './routes.ts';
import { Telemetry, type TelemetryState } from './telemetry.ts';
import { viewerOf, viewOf } from './viewers.ts';
import { Watchers } from './watchers.ts';

/** What a run's records say to those who watch. */
export interface WatchedRecords {
  /** What was measured before the first step. */
  readonly before: Evaluation | undefined;
  /** The steps before those of this process. */
  readonly pastSteps: readonly { readonly step: number; readonly loss: number }[];
  readonly history: readonly EpochRecord[];
  /** The step of the newest checkpoint, and why none can be written just now. */
  readonly saving: { readonly checkpoint?: number; readonly trouble?: string };
}

/** A run that others see: one under way, or one of the past. */
export interface ObservedRun {
  readonly phase: RunPhase;
  readonly step: number;
  /** What `GET /status` answers. */
  readonly status: object;
  readonly lobby: { readonly waitsFor?: number | undefined };
  readonly workerFigures: Iterable<WorkerFigures>;
  /** See `PagesOptions`. */
  readonly begin: () => boolean;
}

export interface ObservationOptions {
  readonly prepared: PreparedJob;
  readonly run: ObservedRun;
  readonly access: Access;
  /** Undefined if the run is not recorded. */
  readonly records: WatchedRecords | undefined;
  /** Who gave what. */
  readonly credit: Credit;
  /** Where others reach the page. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly limits: Limits;
  /** What all peers may hold. */
  readonly memory: MemoryBudget;
}

export interface Observation {
  /** To be told what happens. */
  readonly listener: Required<Pick<RunListener, 'onStep' | 'onConfirmed' | 'onEpoch' | 'onWorkers'>>;
  readonly pages: Routes;
  /** Who gave what so far. */
  readonly people: readonly PersonView[];
  /** Tells what came out, once the run is over. */
  readonly conclude: (result: ResultView) => void;
  /** Tells those who watch the last state, and gives them the last weights. */
  readonly close: () => Promise<void>;
}

/** Bytes of the weights that are sent with the last event. */
const maximumLastWeights = 4 * 1024 * 1024;

export function observe(options: ObservationOptions): Observation {
  const { prepared, run, access, records, credit, addresses, clock, limits, memory } = options;
  const { now } = clock;
  const { microbatchSize, initialize } = prepared.job;
  const view = describeRun(prepared, access);
  const telemetry = new Telemetry({ run: view, credit, microbatchSize, beginsAtRandom: initialize === undefined });
  if (records?.before !== undefined) telemetry.onBefore(records.before);
  for (const { step, loss } of records?.pastSteps ?? []) telemetry.onPastStep(step, loss);
  for (const record of records?.history ?? []) telemetry.onEpoch(record, now());
  let result: ResultView | undefined;
  const state = (): TelemetryState => {
    const { waitsFor } = run.lobby;
    return {
      phase: run.phase,
      step: run.step,
      ...records?.saving,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      ...(result === undefined ? {} : { result }),
    };
  };
  const invitation = { addresses, ...(access.workerToken === undefined ? {} : { token: access.workerToken }) };
  const as = (exchange: Exchange) => viewerOf(exchange, access);
  const watchers = new Watchers(
    {
      snapshot: () => telemetry.snapshot(state(), run.workerFigures),
      update: () => telemetry.update(state(), run.workerFigures),
      viewOf: (message, viewer) => viewOf(message, viewer, invitation),
    },
    { clock, places: new Places(limits.watchers, limits.watchersPerAddress), viewerOf: as },
  );
  return {
    listener: listenerOf(telemetry, credit, now),
    pages: createPages({
      prepared,
      watchers,
      step: () => run.step,
      status: () => run.status,
      begin: () => run.begin(),
      viewerOf: as,
      clock,
      limits,
      memory,
    }),
    get people() {
      return credit.people;
    },
    conclude: (outcome) => {
      result = outcome;
    },
    close: () => watchers.close(watchers.count === 0 ? undefined : lastWeights(prepared, run.step)),
  };
}

/** What a page needs to go on trying the model; undefined where that is too much for an event. */
function lastWeights({ state }: PreparedJob, step: number): WeightsMessage | undefined {
  const bytes = state.weights.forUse;
  if (bytes.length > maximumLastWeights) return undefined;
  return { type: 'weights', step, parameters: Buffer.from(bytes).toString('base64') };
}

function listenerOf(telemetry: Telemetry, credit: Credit, now: () => number): Observation['listener'] {
  return {
    onStep: (step, measurement, contributions) => {
      credit.onStep(measurement.samples, contributions);
      telemetry.onStep(step, measurement, contributions, now());
    },
    onConfirmed: (confirmations) => credit.onConfirmed(confirmations),
    onEpoch: (epoch, step, evaluation, contributions) => {
      credit.onEvaluation(contributions);
      telemetry.onEpoch({ epoch, step, evaluation }, now());
    },
    onWorkers: (change) => {
      if (change.type === 'joined') credit.join(change.worker, change.contributor);
      if (change.type === 'left') credit.leave(change.worker);
      telemetry.onWorkers(change);
    },
  };
}

function describeRun({ job, digest, graph, totalSteps, data, state }: PreparedJob, { isOpen }: Access): RunView {
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
    unitsPerStep: Math.ceil(data.samplesInStep(0) / job.microbatchSize),
    access: isOpen ? 'open' : 'by link',
  };
}
