// One execution of a job: the shell around the trainer. Sockets, clock and arithmetic are joined here; every decision is
// the trainer's.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';

import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { InputError } from '../../shared/errors.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { encodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import { type Checksum, createChecksum } from '../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import { heartbeatInterval } from '../../shared/protocol/limits.ts';
import type { Contribution, Hello } from '../../shared/protocol/messages.ts';
import type { RunPhase } from '../../shared/watch/messages.ts';
import { givesNotFinite } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { checkHello, type HandshakeRequirements } from '../connections/handshake.ts';
import { OpenLeases } from '../connections/open_leases.ts';
import { ParameterFrames } from '../connections/parameter_frames.ts';
import { WorkerConnection, type WorkerConnectionHandlers } from '../connections/worker_connection.ts';
import type { OpenSocket } from '../connections/worker_socket.ts';
import type { Evaluation, Measurement } from '../training/evaluation.ts';
import type { LeaseBook, LeaseId, LeaseRecord, WorkerId } from '../training/lease_book.ts';
import {
  type CountedShard,
  type GradientSlot,
  type LeasedWork,
  Trainer,
  type TrainerCommand,
  type TrainerEvent,
  type TrainerStatistics,
} from '../training/trainer.ts';
import { OwnShare, type OwnShareMode, ownWorker } from './own_share.ts';
import type { WorkerFigures } from './worker_figures.ts';

/** What a run tells whoever watches it; called synchronously, so listeners must be quick. */
export interface RunListener {
  /** Told when the work of the next step is lent, while the parameters are still those of `step`. */
  readonly onStep?: (step: number, measurement: Measurement, contributions: readonly CountedShard[]) => void;
  readonly onEpoch?: (epoch: number, step: number, evaluation: Evaluation) => void;
  readonly onWorkers?: (change: WorkerChange) => void;
  /** Makes the result safe: workers are sent home only then, for after a crash they would be needed again. */
  readonly beforeDismissal?: () => Promise<unknown>;
}

export type WorkerChange =
  | {
      readonly type: 'joined';
      readonly worker: WorkerId;
      readonly kind: Hello['kind'] | 'coordinator';
      readonly address: string;
      readonly workers: number;
    }
  | { readonly type: 'left'; readonly worker: WorkerId; readonly reason: string; readonly workers: number }
  /** An answer of the worker was refused. */
  | { readonly type: 'warned'; readonly worker: WorkerId; readonly reason: string; readonly workers: number };

export interface RunOptions {
  /** The job with its engine, data and state; the parameters are those of `firstStep`. */
  readonly prepared: PreparedJob;
  /** Steps already done: 0 but for a resumed run. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated. */
  readonly evaluatedStep: number;
  /** What this process computes itself. */
  readonly ownShare: OwnShareMode;
  /** Workers must present it, where it is set. */
  readonly token?: string | undefined;
  readonly listener: RunListener;
  readonly clock?: Clock;
  /** See `OwnShareOptions`. */
  readonly nextTurn?: (callback: () => void) => void;
  readonly newWorkerId?: () => WorkerId;
  /** For tests that break a rule. */
  readonly createLeaseBook?: (units: number) => LeaseBook;
}

export interface RunOutcome {
  readonly type: 'finished' | 'stopped';
  readonly step: number;
}

/** What a contribution carries besides its gradient must fit here, in bytes. */
const messageAllowance = 64 * 1024;

/** Bytes that may wait for a worker beyond two sets of parameters: its leases' samples, and heartbeats. */
const unsentAllowance = 64 * 1024 * 1024;

export class Run {
  /** Settles when the job is done or the run stopped; rejects when it cannot go on. */
  readonly outcome: Promise<RunOutcome>;
  readonly #prepared: PreparedJob;
  readonly #listener: RunListener;
  readonly #own: OwnShare;
  #computesItself = false;
  readonly #trainer: Trainer;
  readonly #connections = new Map<WorkerId, WorkerConnection>();
  readonly #leases: OpenLeases;
  readonly #requirements: HandshakeRequirements;
  readonly #assignedJob: Uint8Array;
  readonly #pool = new FramePool((bytes) => Buffer.allocUnsafeSlow(bytes));
  readonly #checksum: Checksum;
  readonly #parameters: ParameterFrames;
  readonly #clock: Clock;
  readonly #newWorkerId: () => WorkerId;
  /** Events not handled yet; the first is being handled. */
  readonly #events: TrainerEvent[] = [];
  /** When the trainer is told the time next, and how to call that off. */
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;
  #cancelHeartbeat: () => void = () => undefined;
  #ended = false;
  #resolve: (outcome: RunOutcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(options: RunOptions) {
    const { prepared, firstStep, evaluatedStep, token, listener } = options;
    this.#clock = options.clock ?? systemClock;
    this.#newWorkerId = options.newWorkerId ?? (() => randomBytes(6).toString('hex') as WorkerId);
    this.#prepared = prepared;
    this.#listener = listener;
    this.#own = this.#createOwnShare(options);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { job, graph, data, state } = prepared;
    this.#checksum = createChecksum([state.engine.memory]);
    this.#parameters = new ParameterFrames(this.#pool, this.#checksum);
    this.#leases = new OpenLeases({
      gradients: state.gradients,
      gradientBytes: 4 * state.replica.parameterCount,
      metrics: Object.keys(graph.metrics),
    });
    this.#trainer = new Trainer(
      {
        totalSteps: prepared.totalSteps,
        stepsPerEpoch: data.stepsPerEpoch,
        microbatchSize: job.microbatchSize,
        firstStep,
        evaluatedStep,
        evaluation: data.evaluationSizes,
        samplesInStep: (step) => data.samplesInStep(step),
        learningRateAt: (step) => prepared.learningRateAt(step),
      },
      options.createLeaseBook,
    );
    this.#requirements = { engineDigest, numerics: job.numerics, probe: numericsProbe(state.engine), token };
    this.#assignedJob = encodeAssignedJob({ numerics: job.numerics, microbatchSize: job.microbatchSize, graph });
  }

  #createOwnShare({ ownShare, prepared, nextTurn = setImmediate }: RunOptions): OwnShare {
    return new OwnShare({
      mode: ownShare,
      prepared,
      clock: this.#clock,
      nextTurn,
      isSending: () => [...this.#connections.values()].some(({ isSending }) => isSending),
      isCurrent: ({ step }) => step === this.#trainer.step,
      onContribution: (contribution) => {
        this.#handle({ type: 'contribution', worker: ownWorker, contribution });
        this.#reviewOwnShare();
      },
      onLapsed: (lease) => this.#handle({ type: 'contribution refused', worker: ownWorker, lease }),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** Steps done, which is the version of the parameters. */
  get step(): number {
    return this.#trainer.step;
  }

  /** Workers that are connected. */
  get workers(): number {
    return this.#connections.size;
  }

  get isOver(): boolean {
    return this.#ended;
  }

  /** What is held at this moment, for those who watch that it stays bounded. */
  get holdings(): { readonly leases: number; readonly gradients: number; readonly workers: number } {
    return {
      leases: this.#leases.size + this.#own.leases,
      gradients: this.#prepared.state.gradients.inUse,
      workers: this.#trainer.workerCount,
    };
  }

  /** For `GET /status`. */
  get status(): { readonly step: number; readonly workers: number } & TrainerStatistics {
    return { step: this.step, workers: this.workers, ...this.statistics };
  }

  get phase(): RunPhase {
    const { phase } = this.#trainer;
    return phase !== 'finished' && this.#trainer.workerCount === 0 ? 'waiting' : phase;
  }

  /** What is known of each worker, for those who watch. */
  *workerFigures(): Generator<WorkerFigures> {
    for (const { id, leases, paces } of this.#trainer.workers) {
      const { perSample, latency } = paces.training ?? {};
      yield { id, leases: leases.size, perSample, latency };
    }
  }

  get statistics(): TrainerStatistics {
    return this.#trainer.statistics;
  }

  /** Begins to train in this process, if the run was made so; otherwise waits for workers. */
  start(): void {
    this.#beat();
    if (this.#trainer.phase === 'finished') this.#end('finished');
    else this.#reviewOwnShare();
  }

  /** Ends the run between two steps, the parameters intact. */
  stop(): void {
    this.#end('stopped');
  }

  /** Takes a new connection in; it becomes a worker once its hello is accepted. */
  accept(open: OpenSocket, address: string): void {
    const parameterBytes = 4 * this.#prepared.state.replica.parameterCount;
    new WorkerConnection(open, {
      id: this.#newWorkerId(),
      address,
      maximumPayload: parameterBytes + messageAllowance,
      maximumUnsent: 2 * parameterBytes + unsentAllowance,
      clock: this.#clock,
      handlers: this.#handlers,
    });
  }

  readonly #handlers: WorkerConnectionHandlers = {
    checkHello: (hello) => {
      checkHello(hello, this.#requirements);
      if (this.#ended) throw new ProtocolError('goingAway', 'the run is over');
    },
    onJoined: (connection, { kind }) => {
      const { id, address } = connection;
      this.#connections.set(id, connection);
      connection.send({ type: 'welcome', workerId: id, jobDigest: this.#prepared.digest }, this.#assignedJob);
      this.#handle({ type: 'worker joined', worker: id });
      this.#listener.onWorkers?.({ type: 'joined', worker: id, kind, address, workers: this.workers });
      this.#reviewOwnShare();
    },
    placeGradient: ({ id }, contribution, bytes) => this.#leases.placeOf(id, contribution, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
    onContribution: (connection, contribution, bytes) => this.#takeContribution(connection, contribution, bytes),
    onHeartbeat: (connection, beat) => {
      for (const lease of this.#leases.passedOver(connection.id, beat)) {
        this.#refuse(connection, lease, `lease ${lease} was passed over`, true);
      }
    },
    onClosed: (connection, reason) => this.#forget(connection.id, reason),
  };

  /** What happens while an event is handled, like a connection that breaks under a command, waits until that is done. */
  #handle(event: TrainerEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    try {
      for (let next: TrainerEvent | undefined = event; next !== undefined; next = this.#events[0]) {
        const commands = this.#trainer.handle(next, this.#clock.now());
        for (const command of commands) this.#execute(command);
        this.#setAlarm();
        for (const command of commands) this.#tell(command);
        this.#prepareNextStep(commands);
        this.#events.shift();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #execute(command: TrainerCommand): void {
    const { state } = this.#prepared;
    switch (command.type) {
      case 'send parameters':
        this.#sendParameters(command.worker, command.step);
        break;
      case 'lend':
        this.#lend(command.worker, command.lease, command.work);
        break;
      case 'add gradients':
        state.gradients.add(command.left, command.right);
        break;
      case 'discard gradient':
        state.gradients.release(command.gradient);
        break;
      case 'apply gradient':
        if (!state.applyGradient(command.gradient, command.samples, command.learningRate, command.step))
          throw divergence(command.step);
        break;
      case 'step done':
        if (!Number.isFinite(command.measurement.loss)) throw divergence(command.step);
        break;
      case 'epoch done':
      case 'finished':
        break;
      default:
        command satisfies never;
    }
  }

  /** Workers come first: whoever watches is told when they have something to do. */
  #tell(command: TrainerCommand): void {
    if (command.type === 'step done') {
      this.#listener.onStep?.(command.step, command.measurement, command.contributions);
    } else if (command.type === 'epoch done') {
      this.#listener.onEpoch?.(command.epoch, command.step, command.evaluation);
    } else if (command.type === 'finished') {
      this.#end('finished');
    }
  }

  /** Now that the workers have something to do. */
  #prepareNextStep(commands: readonly TrainerCommand[]): void {
    const next = this.#trainer.step + 1;
    const isStepDone = commands.some(({ type }) => type === 'step done');
    if (isStepDone && next < this.#prepared.totalSteps) this.#prepared.data.prepareStep(next);
  }

  #sendParameters(worker: WorkerId, step: number): void {
    const connection = this.#connections.get(worker);
    if (connection !== undefined) this.#parameters.send(step, () => this.#prepared.state.parameterBytes, connection);
  }

  #lend(worker: WorkerId, lease: LeaseRecord, work: LeasedWork): void {
    if (worker === ownWorker) {
      this.#own.lend(lease.id, work);
      return;
    }
    const connection = this.#connections.get(worker);
    if (connection === undefined) return; // It has just gone, as the trainer will be told next.
    const { count: samples, packed } = this.#prepared.data.packedSamplesOf(work);
    this.#leases.open(lease.id, { work, worker, samples, beats: connection.beats });
    const { purpose, step, shard } = work;
    const deadline = lease.deadline - lease.lentAt;
    const message = { type: 'lease', lease: lease.id, purpose, step, shard, samples, deadline } as const;
    const frames = encodeToWorker(message, packed, this.#pool);
    connection.sendFrames(frames, () => this.#pool.release(frames));
  }

  /** Lets this process join the computing or leave it, as is best beside those who are there. */
  #reviewOwnShare(): void {
    const wanted = this.#own.isWanted(this.workers);
    if (this.#ended || wanted === this.#computesItself) return;
    this.#computesItself = wanted;
    const { workers } = this;
    if (wanted) {
      this.#handle({ type: 'worker joined', worker: ownWorker, maximumUnits: this.#own.maximumUnits });
      const change = { type: 'joined', worker: ownWorker, kind: 'coordinator', address: 'this process' } as const;
      this.#listener.onWorkers?.({ ...change, workers });
    } else {
      this.#own.leave();
      this.#handle({ type: 'worker left', worker: ownWorker });
      const reason = workers === 0 ? 'nobody is left to help' : 'its time is needed for the messages';
      this.#listener.onWorkers?.({ type: 'left', worker: ownWorker, reason, workers });
    }
  }

  #takeContribution(connection: WorkerConnection, contribution: Contribution, bytes: number): void {
    if (this.#ended) return;
    const lease = contribution.lease as LeaseId;
    const judgement = this.#leases.judge(connection.id, contribution, bytes);
    if (judgement.verdict === 'refused') {
      this.#refuse(connection, lease, judgement.reason, judgement.holdsLease);
      return;
    }
    const { work, gradient } = judgement;
    if (!Number.isFinite(contribution.lossSum) || (gradient !== undefined && !this.#isFinite(gradient))) {
      const diverges = work.step === this.#trainer.step && givesNotFinite(this.#prepared, work);
      if (diverges) this.#fail(divergence(work.step));
      else this.#refuse(connection, lease, 'contribution is not finite (NaN or infinity)', true);
      return;
    }
    this.#leases.close(lease);
    const { samples, lossSum, metricSums, milliseconds } = contribution;
    const sums = { lease, samples, lossSum, metricSums, milliseconds };
    this.#handle({
      type: 'contribution',
      worker: connection.id,
      contribution: gradient === undefined ? sums : { ...sums, gradient },
    });
  }

  /** An answer that cannot be counted costs its lease, and in the end the connection, but never the step. */
  #refuse(connection: WorkerConnection, lease: LeaseId, reason: string, holdsLease: boolean): void {
    const { id } = connection;
    this.#listener.onWorkers?.({ type: 'warned', worker: id, reason, workers: this.workers });
    connection.warn(reason);
    if (!holdsLease || !this.#connections.has(id)) return;
    this.#leases.drop(lease);
    this.#handle({ type: 'contribution refused', worker: id, lease });
  }

  #isFinite(gradient: GradientSlot): boolean {
    return this.#prepared.state.gradients.isFinite(gradient);
  }

  #forget(worker: WorkerId, reason: string): void {
    this.#connections.delete(worker);
    this.#leases.dropOf(worker);
    if (this.#ended) return;
    this.#handle({ type: 'worker left', worker });
    this.#listener.onWorkers?.({ type: 'left', worker, reason, workers: this.workers });
    this.#reviewOwnShare();
  }

  /** Tells the trainer the time when a lease is overdue; an alarm that is early is set anew when it rings. */
  #setAlarm(): void {
    const at = this.#trainer.nextDeadline;
    if (this.#ended || at === undefined || (this.#alarm !== undefined && this.#alarm.at <= at)) return;
    this.#alarm?.cancel();
    const ring = () => {
      this.#alarm = undefined;
      this.#handle({ type: 'clock' });
    };
    this.#alarm = { at, cancel: this.#clock.schedule(Math.max(1, at - this.#clock.now()), ring) };
  }

  /** Shows life to all workers, and looks for theirs. */
  #beat(): void {
    this.#cancelHeartbeat = this.#clock.schedule(heartbeatInterval, () => {
      const now = this.#clock.now();
      for (const [id, connection] of [...this.#connections]) {
        connection.keepAlive(now, this.#trainer.silenceExcusedUntil(id));
      }
      if (!this.#ended) this.#beat();
    });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#close('goingAway', 'the run failed');
    this.#reject(error);
  }

  #stopTimers(): void {
    this.#ended = true;
    this.#own.leave();
    this.#alarm?.cancel();
    this.#cancelHeartbeat();
  }

  #end(type: RunOutcome['type']): void {
    if (this.#ended) return;
    if (type === 'finished') {
      this.#dismiss().catch(this.#reject);
      return;
    }
    this.#close('goingAway', 'the run was stopped');
    this.#resolve({ type, step: this.step });
  }

  async #dismiss(): Promise<void> {
    this.#stopTimers();
    await this.#listener.beforeDismissal?.();
    this.#close('normal', 'the job is done');
    this.#resolve({ type: 'finished', step: this.step });
  }

  /** A finished run sends its workers home; after any other end they come back and ask for the next. */
  #close(name: 'normal' | 'goingAway', reason: string): void {
    this.#stopTimers();
    for (const connection of this.#connections.values()) {
      if (name === 'normal') connection.send({ type: 'finished', reason });
      connection.close(name, reason);
    }
  }
}

function divergence(step: number): InputError {
  return new InputError(
    `training diverged at step ${step}: loss or parameters are not finite; try a lower optimizer.learningRate`,
  );
}
