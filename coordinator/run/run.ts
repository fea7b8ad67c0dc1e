// One execution of a job: the shell around the trainer. What the trainer decides is carried out here; sockets, clock and
// arithmetic are the parts' that it holds together.

import type { Clock } from '../../shared/clock.ts';
import { heartbeatInterval } from '../../shared/protocol/limits.ts';
import type { RunPhase } from '../../shared/watch/messages.ts';
import { type PreparedJob, prepareNextStep, trainingPlan } from '../computation/prepared_job.ts';
import type { OpenSocket } from '../connections/worker_socket.ts';
import { ownWorker, type WorkerId } from '../training/lease.ts';
import { SynchronousSteps } from '../training/synchronous_steps.ts';
import { Trainer, type TrainerStatistics } from '../training/trainer.ts';
import type { TrainerCommand, TrainerEvent } from '../training/trainer_messages.ts';
import { ConnectedWorkers } from './connected_workers.ts';
import { Lobby } from './lobby.ts';
import { OwnShare } from './own_share.ts';
import { Pulse } from './pulse.ts';
import { ownShareJoined, ownShareLeft, type RunListener, tellListener } from './run_events.ts';
import type { RunOptions, RunOutcome } from './run_options.ts';
import { TrainingLoop } from './training_loop.ts';
import { figuresOf, type WorkerFigures } from './worker_figures.ts';
import type { WorkerLink, WorkerLinkHandlers } from './worker_link.ts';

export class Run {
  /** Settles when the job is done or the run stopped; rejects when it cannot go on. */
  readonly outcome: Promise<RunOutcome>;
  /** Where workers wait before the run begins, if they do. */
  readonly lobby: Lobby;
  readonly #prepared: PreparedJob;
  readonly #listener: RunListener;
  readonly #clock: Clock;
  readonly #trainer: Trainer;
  readonly #own: OwnShare;
  readonly #connected: ConnectedWorkers;
  readonly #loop: TrainingLoop;
  /** Shows life to all workers, and looks for theirs. */
  readonly #pulse: Pulse;
  /** How it ended, once it has. */
  #over: RunOutcome['type'] | 'failed' | undefined;
  #resolve: (outcome: RunOutcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(options: RunOptions) {
    this.#prepared = options.prepared;
    this.#listener = options.listener;
    this.#clock = options.clock;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#trainer = new Trainer(new SynchronousSteps(trainingPlan(options.prepared, options)), options.createLeaseBook);
    this.lobby = new Lobby(this.#trainer.phase === 'finished' ? undefined : options.lobby, (event) =>
      this.#handle(event),
    );
    this.#own = this.#createOwnShare(options);
    this.#connected = this.#createConnectedWorkers(options);
    this.#loop = this.#createLoop(options);
    this.#pulse = new Pulse(this.#clock, heartbeatInterval, () => {
      this.#connected.keepAlive(this.#clock.now(), (worker) => this.#trainer.silenceExcusedUntil(worker));
    });
  }

  /** Steps done. */
  get step(): number {
    return this.#trainer.step;
  }

  /** Workers that are connected. */
  get workers(): number {
    return this.#connected.count;
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** What is held at this moment, for those who watch that it stays bounded. */
  get holdings(): { readonly leases: number; readonly gradients: number; readonly workers: number } {
    return {
      leases: this.#connected.leases + this.#own.leases,
      gradients: this.#prepared.state.gradients.inUse,
      workers: this.#trainer.workerCount,
    };
  }

  /** For `GET /status`. */
  get status(): { readonly step: number; readonly workers: number } & TrainerStatistics {
    return { step: this.step, workers: this.workers, ...this.#trainer.statistics };
  }

  get phase(): RunPhase {
    if (this.lobby.isOpen) return 'lobby';
    const { phase } = this.#trainer;
    if (this.#over === 'stopped') return this.#over;
    return phase !== 'finished' && this.#trainer.workerCount === 0 ? 'waiting' : phase;
  }

  /** What is known of each worker, for those who watch. */
  get workerFigures(): Iterable<WorkerFigures> {
    return figuresOf(this.#trainer.workers, this.lobby.workers);
  }

  /** Begins to train in this process, if the run was made so; otherwise waits for workers. */
  start(): void {
    this.#pulse.start();
    if (this.#trainer.phase === 'finished') this.#end('finished');
    else this.#own.review();
  }

  /** Lets those begin who wait in the lobby. @returns whether it was open */
  begin(): boolean {
    if (this.isOver || !this.lobby.close()) return false;
    this.#listener.onBegun?.(this.workers);
    this.#own.review();
    return true;
  }

  /** Ends the run between two steps, the parameters intact. */
  stop(): void {
    this.#end('stopped');
  }

  /** Takes a new connection in; it becomes a worker once its hello is accepted. */
  accept(open: OpenSocket, address: string): void {
    this.#connected.accept(open, address);
  }

  #createLoop({ prepared }: RunOptions): TrainingLoop {
    return new TrainingLoop({
      trainer: this.#trainer,
      clock: this.#clock,
      state: prepared.state,
      linkTo: (worker) => this.#linkTo(worker),
      resolve: (dispute) => this.#connected.resolve(dispute),
      onCommand: (command) => this.#tell(command),
      onHandled: () => this.#own.reviewNeed(),
      onFailed: (error) => this.#fail(error),
    });
  }

  #createOwnShare({ ownShare, prepared, crew, nextTurn = setImmediate }: RunOptions): OwnShare {
    return new OwnShare({
      ...this.#linkHandlers,
      mode: ownShare,
      prepared,
      crew,
      clock: this.#clock,
      nextTurn,
      isSending: () => this.#connected.isSending,
      version: () => this.#trainer.version,
      workers: () => this.#helpers,
      hasBegun: () => !this.lobby.isOpen,
      // For what nobody else can measure, until all is measured.
      isNeeded: (was) => this.#trainer.phase === 'evaluating' && (was || this.#trainer.needsCoordinator),
      onJoined: (maximumUnits, isShare) => {
        const joining = { id: ownWorker, isTrusted: true, source: 'coordinator', maximumUnits, threads: crew.threads };
        this.#handle({ type: 'worker joined', worker: joining });
        if (isShare) this.#listener.onWorkers?.(ownShareJoined(this.workers));
      },
      onLeft: (reason, isShare) => {
        this.#handle({ type: 'worker left', worker: ownWorker });
        if (isShare) this.#listener.onWorkers?.(ownShareLeft(reason, this.workers));
      },
    });
  }

  #createConnectedWorkers({ prepared, guard, newWorkerId }: RunOptions): ConnectedWorkers {
    return new ConnectedWorkers({
      ...this.#linkHandlers,
      prepared,
      clock: this.#clock,
      guard,
      newWorkerId,
      version: () => this.#trainer.version,
      onJoined: (worker) => this.lobby.join(worker),
      onLeft: (worker) => this.lobby.leave(worker),
      onDisproved: (worker, { work }) => this.#handle({ type: 'answer disproved', worker, work }),
      onWarning: (message) => this.#listener.onWarning?.(message),
      onChange: (change) => {
        this.#listener.onWorkers?.(change);
        if (change.type === 'joined' && this.lobby.introduce(change.worker, change.contributor)) this.begin();
        this.#own.review();
      },
    });
  }

  readonly #linkHandlers: WorkerLinkHandlers = {
    onContribution: (worker, contribution) => {
      this.#handle({ type: 'contribution', worker, contribution });
      if (worker === ownWorker) this.#own.review();
    },
    onRefused: (worker, lease) => this.#handle({ type: 'contribution refused', worker, lease }),
    onFailed: (error) => this.#fail(error),
  };

  #handle(event: TrainerEvent): void {
    this.#loop.handle(event);
  }

  /** Undefined for a worker that has just gone, as the trainer will be told next. */
  #linkTo(worker: WorkerId): WorkerLink | undefined {
    if (worker !== ownWorker) return this.#connected.linkTo(worker);
    return this.#own.isJoined ? this.#own : undefined;
  }

  /** Workers come first: whoever watches is told when they have something to do. */
  #tell(command: TrainerCommand): void {
    tellListener(this.#listener, command);
    if (command.type === 'step done') prepareNextStep(this.#prepared, this.step);
    if (command.type === 'finished') this.#end('finished');
  }

  /** Workers to share with. Newcomers count as one: a crowd of them has helped with nothing yet, and may never do. */
  get #helpers(): number {
    const newcomers = this.#trainer.newcomerCount;
    return this.workers - newcomers + Math.min(1, newcomers);
  }

  #fail(error: unknown): void {
    if (this.isOver) return;
    this.#stopTimers('failed');
    this.#connected.close('failed', 'the run failed');
    this.#reject(error);
  }

  #stopTimers(over: RunOutcome['type'] | 'failed'): void {
    this.#over = over;
    this.#own.stop();
    this.#connected.stop();
    this.#loop.stop();
    this.#pulse.stop();
  }

  #end(type: RunOutcome['type']): void {
    if (this.isOver) return;
    this.#stopTimers(type);
    if (type === 'finished') {
      this.#dismiss().catch(this.#reject);
      return;
    }
    this.#connected.close('stopped', 'the run was stopped and will go on');
    this.#resolve({ type, step: this.step });
  }

  async #dismiss(): Promise<void> {
    await this.#listener.beforeDismissal?.();
    this.#connected.close('finished', 'the job is done');
    this.#resolve({ type: 'finished', step: this.step });
  }
}
