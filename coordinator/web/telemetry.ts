// What there is to see of a run, kept small however long it lasts: steps are merged into at most so many points, epochs and
// workers stand as they are. Pure: the clock is an argument.

import type { Shard } from '../../shared/reduction/shard.ts';
import type {
  EpochPoint,
  MeasuredSet,
  RunMessage,
  RunState,
  RunView,
  StepPoint,
  WorkerView,
} from '../../shared/watch/messages.ts';
import type { WorkerChange } from '../run/run_events.ts';
import type { WorkerFigures } from '../run/worker_figures.ts';
import type { Credit } from '../training/credit.ts';
import type { EpochRecord, Evaluation, Measurement } from '../training/evaluation.ts';
import { diagnoseFit } from '../training/fit_diagnosis.ts';
import type { WorkerId } from '../training/lease.ts';
import type { CountedShard } from '../training/trainer_messages.ts';

/** Points of the step curves; beyond it two become one. */
const maximumPoints = 512;

/** Weight of the newest step in the moving averages of steps. */
const newestWeight = 0.05;

/** A point that steps are still added to. */
interface OpenPoint {
  steps: number;
  loss: number;
  /** Undefined if it is not known of a step. */
  accuracy: number | undefined;
  duration: number | undefined;
}

interface WatchedWorker {
  readonly kind: WorkerView['kind'];
  readonly person: string;
  readonly address: string;
  samples: number;
  contributions: number;
}

export interface TelemetryOptions {
  readonly run: RunView;
  /** Who gave what. */
  readonly credit: Credit;
  readonly microbatchSize: number;
  /** Whether the initial parameters are random. */
  readonly beginsAtRandom?: boolean;
}

export type TelemetryState = Omit<RunState, 'workers' | 'samplesPerSecond' | 'fit'>;

export class Telemetry {
  readonly #run: RunView;
  readonly #microbatchSize: number;
  readonly #beginsAtRandom: boolean;
  readonly #workers = new Map<WorkerId, WatchedWorker>();
  readonly #credit: Credit;
  #points: StepPoint[] = [];
  #open: OpenPoint | undefined;
  /** Steps that make one point. */
  #stepsPerPoint = 1;
  #epochs: EpochPoint[] = [];
  #history: EpochRecord['evaluation'][] = [];
  /** Of the first mini-batch, if it met random parameters. */
  #startLoss: number | undefined;
  #lastStepAt: number | undefined;
  /** Moving averages of a step's milliseconds and samples. */
  #duration = 0;
  #samples = 0;
  /** Of points and epochs, how many were in the message before. */
  #told = { points: 0, epochs: 0, stepsPerPoint: 1 };

  constructor({ run, credit, microbatchSize, beginsAtRandom = true }: TelemetryOptions) {
    this.#run = run;
    this.#credit = credit;
    this.#beginsAtRandom = beginsAtRandom;
    this.#microbatchSize = microbatchSize;
  }

  onStep(
    step: number,
    { loss, metrics, samples }: Measurement,
    contributions: readonly CountedShard[],
    now: number,
  ): void {
    const duration = this.#lastStepAt === undefined ? 0 : now - this.#lastStepAt;
    this.#lastStepAt = now;
    if (duration > 0) this.#average(duration, samples);
    this.#addStep(step, loss, metrics.accuracy, duration);
    for (const { worker, shard } of contributions) {
      const contributor = this.#workers.get(worker);
      if (contributor === undefined) continue;
      contributor.contributions += 1;
      contributor.samples += samplesOf(shard, this.#microbatchSize, samples);
    }
  }

  #average(duration: number, samples: number): void {
    const weight = this.#duration === 0 ? 1 : newestWeight;
    this.#duration += weight * (duration - this.#duration);
    this.#samples += weight * (samples - this.#samples);
  }

  /** A step of before the run was resumed. */
  onPastStep(step: number, loss: number): void {
    this.#addStep(step, loss, undefined, undefined);
  }

  /** What was measured before the first step: a point of the curves, and nothing else. */
  onBefore(evaluation: Evaluation): void {
    this.#addEpoch({ epoch: 0, step: 0, evaluation });
  }

  onEpoch(record: EpochRecord, now: number): void {
    this.#history.push(record.evaluation);
    this.#addEpoch(record);
    // The next step's duration does not count the evaluation.
    this.#lastStepAt = now;
  }

  #addEpoch({ epoch, step, evaluation }: EpochRecord): void {
    this.#epochs.push({
      epoch,
      step,
      ...(evaluation.training === undefined ? {} : { training: measuredSet(evaluation.training) }),
      ...(evaluation.validation === undefined ? {} : { validation: measuredSet(evaluation.validation) }),
      ...(evaluation.test === undefined ? {} : { test: measuredSet(evaluation.test) }),
    });
  }

  onWorkers(change: WorkerChange): void {
    if (change.type === 'joined') {
      const { kind, address, contributor } = change;
      this.#workers.set(change.worker, { kind, person: contributor.id, address, samples: 0, contributions: 0 });
    } else if (change.type === 'left') {
      this.#workers.delete(change.worker);
    }
  }

  /** Everything so far, for whoever begins to watch. */
  snapshot(state: TelemetryState, workers: Iterable<WorkerFigures>): RunMessage {
    const [steps, epochs] = [[...this.#points], [...this.#epochs]];
    const { people } = this.#credit;
    return { type: 'snapshot', run: this.#run, steps, epochs, people, state: this.#describe(state, workers) };
  }

  /** What is new since the last call; a snapshot, if points or people were merged. */
  update(state: TelemetryState, workers: Iterable<WorkerFigures>): RunMessage {
    const { points, epochs, stepsPerPoint } = this.#told;
    this.#told = { points: this.#points.length, epochs: this.#epochs.length, stepsPerPoint: this.#stepsPerPoint };
    const people = this.#credit.takeChanged();
    if (stepsPerPoint !== this.#stepsPerPoint || people === undefined) return this.snapshot(state, workers);
    const described = this.#describe(state, workers);
    return {
      type: 'update',
      steps: this.#points.slice(points),
      epochs: this.#epochs.slice(epochs),
      people,
      state: described,
    };
  }

  #addStep(step: number, loss: number, accuracy: number | undefined, duration: number | undefined): void {
    if (step === 1 && this.#beginsAtRandom) this.#startLoss = loss;
    this.#open ??= { steps: 0, loss: 0, accuracy: 0, duration: 0 };
    const open = this.#open;
    open.steps += 1;
    open.loss += loss;
    open.duration = sumOf(open.duration, duration);
    open.accuracy = sumOf(open.accuracy, accuracy);
    if (open.steps < this.#stepsPerPoint) return;
    this.#open = undefined;
    this.#points.push({
      step,
      loss: open.loss / open.steps,
      ...(open.accuracy === undefined ? {} : { accuracy: open.accuracy / open.steps }),
      ...(open.duration === undefined ? {} : { duration: open.duration / open.steps }),
    });
    if (this.#points.length < maximumPoints) return;
    this.#points = mergePairs(this.#points);
    this.#stepsPerPoint *= 2;
  }

  #describe(state: TelemetryState, workers: Iterable<WorkerFigures>): RunState {
    const views: WorkerView[] = [];
    for (const { id, leases, perSample, latency } of workers) {
      const contributor = this.#workers.get(id);
      if (contributor === undefined) continue;
      const speed = perSample === undefined ? {} : { speed: 1000 / perSample };
      views.push({ id, ...contributor, leases, ...speed, ...(latency === undefined ? {} : { latency }) });
    }
    const fit = diagnoseFit(this.#history, this.#startLoss);
    const isTraining = state.phase === 'training' && this.#duration > 0;
    return {
      ...state,
      samplesPerSecond: isTraining ? (1000 * this.#samples) / this.#duration : 0,
      workers: views,
      ...(fit === undefined ? {} : { fit: { verdict: fit.verdict, sentence: fit.sentence } }),
    };
  }
}

/** Samples of a shard of a mini-batch, whose last microbatch may be smaller. */
function samplesOf({ first, count }: Shard, microbatchSize: number, samplesInStep: number): number {
  return Math.min(samplesInStep, (first + count) * microbatchSize) - first * microbatchSize;
}

function sumOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function measuredSet({ loss, metrics }: Measurement): MeasuredSet {
  return metrics.accuracy === undefined ? { loss } : { loss, accuracy: metrics.accuracy };
}

function mergePairs(points: readonly StepPoint[]): StepPoint[] {
  const merged: StepPoint[] = [];
  for (let index = 0; index + 1 < points.length; index += 2) {
    const [one, other] = [points[index], points[index + 1]];
    if (one === undefined || other === undefined) continue;
    const accuracy = sumOf(one.accuracy, other.accuracy);
    const duration = sumOf(one.duration, other.duration);
    merged.push({
      step: other.step,
      loss: (one.loss + other.loss) / 2,
      ...(accuracy === undefined ? {} : { accuracy: accuracy / 2 }),
      ...(duration === undefined ? {} : { duration: duration / 2 }),
    });
  }
  return merged;
}
