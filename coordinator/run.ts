// One execution of a job: the shell around the trainer. Sockets, clock and arithmetic are joined here; every decision is
// the trainer's.

import { randomBytes } from 'node:crypto';
import { numericsProbe } from '../shared/engine/engine.ts';
import { engineDigest } from '../shared/engine/generated/engine_digest.ts';
import { InputError } from '../shared/errors.ts';
import { encodeAssignedJob } from '../shared/protocol/assigned_job.ts';
import { type Checksum, createChecksum } from '../shared/protocol/checksum.ts';
import { ProtocolError } from '../shared/protocol/close_codes.ts';
import { encodeToWorker } from '../shared/protocol/encode.ts';
import { FramePool } from '../shared/protocol/frame_pool.ts';
import type { Contribution, Hello } from '../shared/protocol/messages.ts';
import type { Evaluation, Measurement, SampleSums } from './evaluation.ts';
import { checkHello, type HandshakeRequirements } from './handshake.ts';
import type { LeaseId, LeaseRecord, WorkerId } from './lease_book.ts';
import { OpenLeases } from './open_leases.ts';
import { ParameterFrames } from './parameter_frames.ts';
import type { PreparedJob } from './prepared_job.ts';
import {
  type CountedShard,
  type GradientSlot,
  type LeasedWork,
  Trainer,
  type TrainerCommand,
  type TrainerEvent,
} from './trainer.ts';
import { WorkerConnection, type WorkerConnectionHandlers } from './worker_connection.ts';
import type { WorkerSocket } from './worker_socket.ts';

/** What a run tells whoever watches it; called synchronously, so listeners must be quick. */
export interface RunListener {
  readonly onStep?: (step: number, measurement: Measurement, contributions: readonly CountedShard[]) => void;
  readonly onEpoch?: (epoch: number, step: number, evaluation: Evaluation) => void;
  readonly onWorkers?: (change: WorkerChange) => void;
}

export type WorkerChange =
  | {
      readonly type: 'joined';
      readonly worker: WorkerId;
      readonly kind: Hello['kind'];
      readonly address: string;
      readonly workers: number;
    }
  | { readonly type: 'left'; readonly worker: WorkerId; readonly reason: string; readonly workers: number };

export interface RunOptions {
  /** The job with its engine, data and state; the parameters are those of `firstStep`. */
  readonly prepared: PreparedJob;
  /** Steps already done: 0 but for a resumed run. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated. */
  readonly evaluatedStep: number;
  /** Computes every lease in this process, so that no worker is needed. */
  readonly inProcess: boolean;
  /** Workers must present it, where it is set. */
  readonly token?: string | undefined;
  readonly listener: RunListener;
}

export interface RunOutcome {
  readonly type: 'finished' | 'stopped';
  readonly step: number;
}

const inProcessWorker = 'in-process' as WorkerId;

/** Milliseconds between two looks for overdue leases; a timer for each would cost every step. */
const clockInterval = 250;

/** What a contribution carries besides its gradient must fit here, in bytes. */
const messageAllowance = 64 * 1024;

export class Run {
  /** Settles when the job is done or the run stopped; rejects when it cannot go on. */
  readonly outcome: Promise<RunOutcome>;
  readonly #prepared: PreparedJob;
  readonly #listener: RunListener;
  readonly #inProcess: boolean;
  readonly #trainer: Trainer;
  readonly #connections = new Map<WorkerId, WorkerConnection>();
  readonly #leases: OpenLeases;
  readonly #requirements: HandshakeRequirements;
  readonly #assignedJob: Uint8Array;
  readonly #pool = new FramePool((bytes) => Buffer.allocUnsafeSlow(bytes));
  readonly #checksum: Checksum;
  readonly #parameters: ParameterFrames;
  #clock: NodeJS.Timeout | undefined;
  #ended = false;
  #resolve: (outcome: RunOutcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor({ prepared, firstStep, evaluatedStep, inProcess, token, listener }: RunOptions) {
    this.#prepared = prepared;
    this.#listener = listener;
    this.#inProcess = inProcess;
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
    this.#trainer = new Trainer({
      totalSteps: prepared.totalSteps,
      stepsPerEpoch: data.stepsPerEpoch,
      microbatchSize: job.microbatchSize,
      firstStep,
      evaluatedStep,
      evaluation: data.evaluationSizes,
      samplesInStep: (step) => data.samplesInStep(step),
      learningRateAt: (step) => prepared.learningRateAt(step),
    });
    this.#requirements = { engineDigest, numerics: job.numerics, probe: numericsProbe(state.engine), token };
    this.#assignedJob = encodeAssignedJob({ numerics: job.numerics, microbatchSize: job.microbatchSize, graph });
  }

  /** Steps done, which is the version of the parameters. */
  get step(): number {
    return this.#trainer.step;
  }

  get workers(): number {
    return this.#trainer.workers.length;
  }

  /** Begins to train in this process, if the run was made so; otherwise waits for workers. */
  start(): void {
    this.#clock = setInterval(() => this.#tick(), clockInterval);
    if (this.#trainer.phase === 'finished') this.#end('finished');
    else if (this.#inProcess) this.#handle({ type: 'worker joined', worker: inProcessWorker });
  }

  /** Ends the run between two steps, the parameters intact. */
  stop(): void {
    this.#end('stopped');
  }

  /** Takes a new WebSocket in; it becomes a worker once its hello is accepted. */
  accept(socket: WorkerSocket, address: string): void {
    const id = randomBytes(6).toString('hex') as WorkerId;
    const maximumPayload = 4 * this.#prepared.state.replica.parameterCount + messageAllowance;
    new WorkerConnection(socket, id, address, maximumPayload, this.#handlers);
  }

  readonly #handlers: WorkerConnectionHandlers = {
    onHello: (connection, hello) => {
      checkHello(hello, this.#requirements);
      if (this.#ended) throw new ProtocolError('goingAway', 'the run is over');
      const { id, address } = connection;
      this.#connections.set(id, connection);
      connection.send({ type: 'welcome', workerId: id, jobDigest: this.#prepared.digest }, this.#assignedJob);
      this.#handle({ type: 'worker joined', worker: id });
      this.#listener.onWorkers?.({ type: 'joined', worker: id, kind: hello.kind, address, workers: this.workers });
    },
    placeGradient: ({ id }, contribution, bytes) => this.#leases.placeOf(id, contribution, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
    onContribution: (connection, contribution) => this.#takeContribution(connection, contribution),
    onClosed: (connection, reason) => this.#forget(connection.id, reason),
  };

  #handle(event: TrainerEvent): void {
    try {
      const commands = this.#trainer.handle(event, performance.now());
      for (const command of commands) this.#execute(command);
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
        state.applyGradient(command.gradient, command.samples, command.learningRate);
        break;
      case 'step done':
        this.#checkFinite(command.step, command.measurement.loss);
        this.#listener.onStep?.(command.step, command.measurement, command.contributions);
        break;
      case 'epoch done':
        this.#listener.onEpoch?.(command.epoch, command.step, command.evaluation);
        break;
      case 'finished':
        this.#end('finished');
        break;
      default:
        command satisfies never;
    }
  }

  #sendParameters(worker: WorkerId, step: number): void {
    const connection = this.#connections.get(worker);
    if (connection !== undefined) this.#parameters.send(step, () => this.#prepared.state.parameterBytes, connection);
  }

  #lend(worker: WorkerId, lease: LeaseRecord, work: LeasedWork): void {
    if (worker === inProcessWorker) {
      // A turn of the event loop between two leases keeps sockets, signals and the display alive.
      setImmediate(() => this.#computeInProcess(lease.id, work));
      return;
    }
    const { count: samples, packed } = this.#prepared.data.packedSamplesOf(work);
    this.#leases.open(lease.id, { work, worker, samples });
    const { purpose, step, shard } = work;
    const deadline = lease.deadline - lease.lentAt;
    const message = { type: 'lease', lease: lease.id, purpose, step, shard, samples, deadline } as const;
    const frames = encodeToWorker(message, packed, this.#pool.allocate);
    this.#connections.get(worker)?.sendFrames(frames, () => this.#pool.release(frames));
  }

  #computeInProcess(lease: LeaseId, work: LeasedWork): void {
    if (this.#ended) return;
    try {
      const contribution = this.#compute(work);
      this.#handle({ type: 'contribution', worker: inProcessWorker, contribution: { lease, ...contribution } });
    } catch (error) {
      this.#fail(error);
    }
  }

  #compute(work: LeasedWork): SampleSums & { readonly gradient?: GradientSlot } {
    const { replica, engine, gradients } = this.#prepared.state;
    const samples = this.#prepared.data.samplesOf(work);
    if (work.purpose === 'evaluation') {
      const { lossSum, metricSums } = replica.evaluate(samples);
      return { samples: samples.count, lossSum, metricSums: { ...metricSums } };
    }
    const result = replica.computeShard(samples);
    const gradient = gradients.take();
    gradients.bytes(gradient).set(engine.bytes(result.gradient, 4 * replica.parameterCount));
    return { samples: samples.count, lossSum: result.lossSum, metricSums: { ...result.metricSums }, gradient };
  }

  #takeContribution({ id }: WorkerConnection, contribution: Contribution): void {
    if (this.#ended) return;
    const { work, gradient } = this.#leases.answered(id, contribution);
    const finite = Number.isFinite(contribution.lossSum) && (gradient === undefined || this.#isFinite(gradient));
    if (!finite) this.#judgeNotFinite(work);
    const { samples, lossSum, metricSums } = contribution;
    const lease = contribution.lease as LeaseId;
    this.#leases.close(lease);
    const sums = { lease, samples, lossSum, metricSums };
    this.#handle({
      type: 'contribution',
      worker: id,
      contribution: gradient === undefined ? sums : { ...sums, gradient },
    });
  }

  #isFinite(gradient: GradientSlot): boolean {
    return this.#prepared.state.gradients.isFinite(gradient);
  }

  /** Not finite: either the run itself diverges, which this process can see for itself, or the worker is at fault. */
  #judgeNotFinite(work: LeasedWork): never {
    if (work.step === this.#trainer.step) {
      const own = this.#compute(work);
      const ownIsFinite = Number.isFinite(own.lossSum) && (own.gradient === undefined || this.#isFinite(own.gradient));
      if (own.gradient !== undefined) this.#prepared.state.gradients.release(own.gradient);
      if (!ownIsFinite) this.#fail(divergence(work.step));
    }
    throw new ProtocolError('badMessage', 'contribution is not finite (NaN or infinity)');
  }

  #checkFinite(step: number, loss: number): void {
    if (!Number.isFinite(loss) || !this.#prepared.state.parametersAreFinite) throw divergence(step);
  }

  #forget(worker: WorkerId, reason: string): void {
    this.#connections.delete(worker);
    this.#leases.dropOf(worker);
    if (this.#ended) return;
    this.#handle({ type: 'worker left', worker });
    this.#listener.onWorkers?.({ type: 'left', worker, reason, workers: this.workers });
  }

  /** Tells the trainer the time when a lease is overdue. */
  #tick(): void {
    const deadline = this.#trainer.nextDeadline;
    if (deadline !== undefined && deadline <= performance.now()) this.#handle({ type: 'clock' });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#close('goingAway', 'the run failed');
    this.#reject(error);
  }

  #end(type: RunOutcome['type']): void {
    if (this.#ended) return;
    if (type === 'finished') this.#close('normal', 'the job is done');
    else this.#close('goingAway', 'the run was stopped');
    this.#resolve({ type, step: this.step });
  }

  /** A finished run sends its workers home; after any other end they come back and ask for the next. */
  #close(name: 'normal' | 'goingAway', reason: string): void {
    this.#ended = true;
    clearInterval(this.#clock);
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
