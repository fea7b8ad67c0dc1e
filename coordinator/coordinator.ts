// A run, assembled: port, training, records, pages and local workers. Whoever trains, from the command line to the
// simulator, starts it here.

import { requireToken } from '../shared/protocol/token.ts';
import type { PersonView } from '../shared/watch/people.ts';
import { unitsPerStep } from './computation/prepared_job.ts';
import type { CoordinatorOptions, RunResult } from './coordinator_options.ts';
import { type CoordinatorParts, creditOf, crewOf, guardOf, openServer, recordsOf } from './coordinator_parts.ts';
import { type Platform, systemPlatform } from './platform.ts';
import { Crowding } from './run/crowding.ts';
import type { LocalWorkers } from './run/local_workers.ts';
import { Run } from './run/run.ts';
import type { RunListener } from './run/run_events.ts';
import type { TrainingEvent } from './run/training_events.ts';
import type { EpochRecord } from './training/evaluation.ts';
import { type ListeningPlace, localUrl, pageAddresses } from './web/addresses.ts';
import { type Observation, observe } from './web/observation.ts';
import type { Routes } from './web/routes.ts';
import type { CoordinatorServer } from './web/server.ts';

/**
 * Starts a run; it goes on until it is done, stopped or closed.
 * @throws {InputError} if the token could never be presented, or the port or the run's folder cannot be had; nothing is
 * left open then.
 */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  if (options.token !== undefined) requireToken(options.token);
  const platform = { ...systemPlatform, ...options.platform };
  const guard = guardOf(options, platform);
  const credit = creditOf(options, guard);
  const records = recordsOf(options, { platform, credit });
  await records?.requireRoom();
  // Whoever asks while the run is still being prepared is told to come back.
  let coordinator: Coordinator | undefined;
  let server: CoordinatorServer | undefined;
  try {
    server = await openServer(options, { platform, guard, pages: () => coordinator?.pages });
    await records?.makeFolder();
    options.onEvent?.({ type: 'started', ...(server === undefined ? {} : { port: server.port }) });
    const recorder = await records?.open();
    const crew = crewOf(options, platform);
    coordinator = new Coordinator(options, { platform, guard, server, records, recorder, credit, crew });
    return coordinator;
  } catch (error) {
    await server?.close();
    await records?.release();
    throw error;
  }
}

/** A run under way. Dispose of it, with `await using` or `close`, to free its port and end its local workers. */
export class Coordinator implements AsyncDisposable {
  readonly #options: CoordinatorOptions;
  readonly #parts: CoordinatorParts;
  readonly #run: Run;
  readonly #observation: Observation;
  readonly #history: EpochRecord[];
  readonly #crowding: Crowding;
  readonly #localWorkers: LocalWorkers | undefined;
  /**
   * Settles once the job is done, or the run stopped, and the last checkpoint is on disk.
   * Rejects with an `InputError` if training diverged; the error names the last checkpoint whose loss was sane.
   */
  readonly outcome: Promise<RunResult>;

  /** @internal See `startCoordinator`. */
  constructor(options: CoordinatorOptions, parts: CoordinatorParts) {
    const { platform, guard, server, recorder, credit } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#history = [...(options.checkpoint?.checkpoint.history ?? [])];
    this.#crowding = new Crowding({ ...options.prepared.job, units: unitsPerStep(options.prepared) });
    this.#run = this.#createRun(platform);
    this.#observation = observe({
      prepared: options.prepared,
      run: this.#run,
      records: recorder,
      credit,
      addresses: this.#place === undefined ? [] : pageAddresses(this.#place),
      ...guard,
      clock: platform.clock,
    });
    this.#run.start();
    server?.admit((open, address) => this.#run.accept(open, address));
    this.#localWorkers = this.#startLocalWorkers(platform);
    this.outcome = this.#conduct();
    // Whoever awaits the outcome learns of a failure; whoever does not must not be ended by it.
    this.outcome.catch(() => undefined);
  }

  /** The port that listens, if one does. */
  get port(): number | undefined {
    return this.#parts.server?.port;
  }

  /** Where workers on this machine connect, like `ws://127.0.0.1:8080`, if a port listens. */
  get url(): string | undefined {
    return this.#place === undefined ? undefined : localUrl(this.#place);
  }

  get #place(): ListeningPlace | undefined {
    const { listen } = this.#options;
    if (listen === undefined || this.port === undefined) return undefined;
    return { host: listen.host, port: this.port, isSecure: listen.tls !== undefined };
  }

  /** Steps done. */
  get step(): number {
    return this.#run.step;
  }

  /** Whether no more steps will be done. */
  get isOver(): boolean {
    return this.#run.isOver;
  }

  /** What `GET /status` answers. */
  get status(): Run['status'] {
    return this.#run.status;
  }

  /** What is held at this moment, for those who watch that it stays bounded. */
  get holdings(): Run['holdings'] {
    return this.#run.holdings;
  }

  /** Who gave what so far. */
  get people(): readonly PersonView[] {
    return this.#observation.people;
  }

  /** @internal What is to be had of the run by HTTP. */
  get pages(): Routes {
    return this.#observation.pages;
  }

  /** Whether those who have come wait for the run to begin. */
  get isInLobby(): boolean {
    return this.#run.lobby.isOpen;
  }

  /** Lets those begin who wait in the lobby. */
  begin(): void {
    this.#run.begin();
  }

  /** Ends the run between two steps; the parameters are saved. A run that waits for room to save them waits no more. */
  stop(): void {
    this.#run.stop();
    this.#parts.recorder?.giveUp();
  }

  /** Stops the run if it still goes on, ends its local workers and frees its port. */
  async close(): Promise<void> {
    this.stop();
    await this.outcome.catch(() => undefined);
    await this.#localWorkers?.stop();
    await this.#observation.close();
    await this.#parts.server?.close();
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #createRun({ clock, nextTurn, newWorkerId, createLeaseBook }: Platform): Run {
    const { prepared, checkpoint, listen, ownShare, lobby } = this.#options;
    return new Run({
      prepared,
      ...(checkpoint === undefined ? { lobby } : {}),
      firstStep: checkpoint?.checkpoint.step ?? 0,
      evaluatedStep: this.#history.at(-1)?.step ?? 0,
      history: [...this.#history],
      ownShare: ownShare ?? (listen === undefined ? 'everything' : 'beside workers'),
      crew: this.#parts.crew,
      guard: this.#parts.guard,
      listener: this.#listener,
      clock,
      nextTurn,
      newWorkerId,
      ...(createLeaseBook === undefined ? {} : { createLeaseBook }),
    });
  }

  /** Records come first: whatever anybody is told of has been recorded. */
  get #listener(): RunListener {
    return {
      onStep: (step, measurement, contributions) => {
        this.#parts.recorder?.onStep(step, measurement, contributions);
        this.#observation.listener.onStep(step, measurement, contributions);
        this.#tell({ type: 'step', step, measurement, contributions });
      },
      onConfirmed: (confirmations) => {
        this.#parts.recorder?.onConfirmed(confirmations);
        this.#observation.listener.onConfirmed(confirmations);
      },
      onEpoch: (epoch, step, evaluation, contributions) => {
        this.#history.push({ epoch, step, evaluation });
        this.#parts.recorder?.onEpoch(epoch, step, evaluation, contributions);
        this.#observation.listener.onEpoch(epoch, step, evaluation, contributions);
        this.#tell({ type: 'epoch', epoch, step, evaluation });
      },
      onBegun: (workers) => this.#tell({ type: 'begun', workers }),
      onWorkers: (change) => {
        const crowded = this.#crowding.look(change.workers);
        if (crowded !== undefined) this.#tell({ type: 'warning', message: crowded });
        this.#observation.listener.onWorkers(change);
        this.#tell({ type: 'worker', change });
      },
      onWarning: (message) => this.#tell({ type: 'warning', message }),
      beforeDismissal: () => this.#parts.recorder?.finish() ?? Promise.resolve(),
    };
  }

  #tell(event: TrainingEvent): void {
    this.#options.onEvent?.(event);
  }

  #startLocalWorkers({ startLocalWorkers }: Platform): LocalWorkers | undefined {
    const { workers: processes = 0, listen } = this.#options;
    if (processes === 0 || this.url === undefined) return undefined;
    const warn = (message: string) => this.#tell({ type: 'warning', message });
    return startLocalWorkers({
      url: this.url,
      processes,
      token: this.#parts.guard.access.localToken,
      ca: listen?.tls?.certificate,
      onTrouble: (line) => warn(`local workers: ${line}`),
      onFailed: (reason) => warn(`local workers ended: ${reason}; the run waits for others`),
    });
  }

  async #conduct(): Promise<RunResult> {
    try {
      const outcome = await this.#run.outcome;
      if (outcome.type === 'stopped') this.#parts.recorder?.save(outcome.step);
      const checkpoint = await this.#parts.recorder?.keepLast(outcome.type === 'finished');
      if (outcome.type === 'finished') this.#options.prepared.state.weights.adoptResult();
      const { parametersDigest } = this.#options.prepared.state;
      if (outcome.type === 'finished') this.#observation.conclude({ parametersDigest });
      return { ...outcome, parametersDigest, history: this.#history, checkpoint };
    } catch (error) {
      throw (await this.#parts.recorder?.explain(error)) ?? error;
    } finally {
      this.#parts.crew.close();
      await this.#parts.records?.release();
    }
  }
}
