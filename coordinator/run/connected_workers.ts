// The workers that are connected to a run: their handshakes, what is sent to them, and what their answers are worth.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { encodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import { type Checksum, createChecksum } from '../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { sourceOf } from '../connections/admission.ts';
import { FrozenFrames } from '../connections/frozen_frames.ts';
import type { Guard } from '../connections/guard.ts';
import { checkHello, type HandshakeRequirements } from '../connections/handshake.ts';
import { ParameterFrames } from '../connections/parameter_frames.ts';
import { TroubleLog } from '../connections/trouble_log.ts';
import { contributorIn, volunteerId } from '../connections/volunteers.ts';
import { WorkerConnection } from '../connections/worker_connection.ts';
import type { WorkerConnectionHandlers } from '../connections/worker_connection_options.ts';
import type { OpenSocket } from '../connections/worker_socket.ts';
import type { Lease, WorkerId } from '../training/lease.ts';
import type { Dispute } from '../training/trainer_messages.ts';
import type { JoiningWorker } from '../training/worker_registry.ts';
import { AnswerIntake } from './answer_intake.ts';
import type { WorkerChange } from './run_events.ts';
import type { WorkerLink, WorkerLinkHandlers } from './worker_link.ts';

/** What a contribution carries besides its gradient must fit here, in bytes. */
const messageAllowance = 64 * 1024;

/** Bytes that may wait for a worker beyond frozen weights and two sets of parameters: its leases' samples, and heartbeats. */
const unsentAllowance = 64 * 1024 * 1024;

export interface ConnectedWorkersOptions extends WorkerLinkHandlers {
  readonly prepared: PreparedJob;
  readonly clock: Clock;
  /** Who may join, and what that may cost. */
  readonly guard: Guard;
  readonly newWorkerId?: (() => WorkerId) | undefined;
  /** The version of the parameters as they are. */
  readonly version: () => number;
  readonly onJoined: (worker: JoiningWorker) => void;
  /** An answer of the worker that was counted is wrong. */
  readonly onDisproved: (worker: WorkerId, dispute: Dispute) => void;
  /** One sentence for the operator. */
  readonly onWarning: (message: string) => void;
  readonly onLeft: (worker: WorkerId) => void;
  /** Told after the others. */
  readonly onChange: (change: WorkerChange) => void;
}

export class ConnectedWorkers {
  readonly #options: ConnectedWorkersOptions;
  readonly #connections = new Map<WorkerId, WorkerConnection>();
  /** One for each connection, made when it joins. */
  readonly #links = new Map<WorkerId, WorkerLink>();
  readonly #intake: AnswerIntake;
  readonly #requirements: HandshakeRequirements;
  readonly #assignedJob: Uint8Array;
  readonly #pool = new FramePool((bytes) => Buffer.allocUnsafeSlow(bytes));
  readonly #checksum: Checksum;
  readonly #parameters: ParameterFrames;
  /** Undefined where nothing is frozen. */
  readonly #frozen: FrozenFrames | undefined;
  readonly #trouble: TroubleLog;
  #isClosed = false;

  constructor(options: ConnectedWorkersOptions) {
    const { job, graph, state } = options.prepared;
    const { numerics, microbatchSize } = job;
    const digest = state.frozenDigest;
    this.#options = options;
    this.#checksum = createChecksum([state.engine.memory]);
    this.#parameters = new ParameterFrames(this.#pool, this.#checksum);
    if (digest !== undefined)
      this.#frozen = new FrozenFrames({ digest, bytes: () => state.frozenBytes }, this.#checksum);
    this.#intake = this.#createIntake();
    this.#trouble = new TroubleLog(options.onWarning);
    const { access } = options.guard;
    this.#requirements = { engineDigest, numerics, probe: numericsProbe(state.engine), access };
    const frozen = digest === undefined ? {} : { frozen: digest };
    this.#assignedJob = encodeAssignedJob({ numerics, microbatchSize, graph, ...frozen });
  }

  get count(): number {
    return this.#connections.size;
  }

  /** Leases that are out. */
  get leases(): number {
    return this.#intake.size;
  }

  /** Whether something that was sent still waits in this process. */
  get isSending(): boolean {
    for (const { isSending } of this.#connections.values()) if (isSending) return true;
    return false;
  }

  /** Takes a new connection in; it becomes a worker once its hello is accepted. */
  accept(open: OpenSocket, address: string): void {
    const { newWorkerId = () => randomBytes(6).toString('hex') as WorkerId, prepared, ...rest } = this.#options;
    const { clock, guard, onFailed } = rest;
    const parameterBytes = 4 * prepared.state.replica.parameterCount;
    const options = {
      id: newWorkerId(),
      address,
      maximumPayload: parameterBytes + messageAllowance,
      maximumUnsent: 2 * parameterBytes + 4 * prepared.state.replica.frozenCount + unsentAllowance,
      ...guard,
      clock,
      handlers: this.#handlers,
    };
    try {
      new WorkerConnection(open, options);
    } catch (error) {
      onFailed(error);
    }
  }

  /** The link to a worker; undefined if it has gone. */
  linkTo(worker: WorkerId): WorkerLink | undefined {
    return this.#links.get(worker);
  }

  /** Shows life to all, and looks for theirs. @param excusedUntil see `SignsOfLife` */
  keepAlive(now: number, excusedUntil: (worker: WorkerId) => number | undefined): void {
    for (const [id, connection] of [...this.#connections]) connection.keepAlive(now, excusedUntil(id));
  }

  /** Finds out which of different answers to the same work is right, and drops those who gave another. */
  resolve(dispute: Dispute): void {
    this.#intake.resolve(dispute);
  }

  /** Nobody is let in any more, and answers are not counted. */
  stop(): void {
    this.#isClosed = true;
  }

  /** Ends all connections: a finished run sends its workers home, for one that was stopped they wait, else they come back and ask. */
  close(end: 'finished' | 'stopped' | 'failed', reason: string): void {
    this.stop();
    for (const connection of this.#connections.values()) {
      if (end !== 'failed') connection.send({ type: end, reason });
      connection.close(end === 'finished' ? 'normal' : 'goingAway', reason);
    }
  }

  readonly #handlers: WorkerConnectionHandlers = {
    checkHello: (hello, address) => {
      const role = checkHello(hello, this.#requirements, address);
      if (this.#isClosed) throw new ProtocolError('goingAway', 'the run is over');
      return role;
    },
    onJoined: (connection, hello) => {
      if (this.#isClosed) throw new ProtocolError('goingAway', 'the run is over');
      const { kind, holds, threads = 1 } = hello;
      const { id, address, role } = connection;
      const contributor = contributorIn(hello, role);
      const { prepared, onJoined, onChange } = this.#options;
      this.#connections.set(id, connection);
      this.#links.set(id, this.#createLink(connection));
      const volunteer = hello.volunteer === undefined ? {} : { volunteer: volunteerId(hello.volunteer.key) };
      connection.send({ type: 'welcome', workerId: id, jobDigest: prepared.digest, ...volunteer }, this.#assignedJob);
      this.#frozen?.send(connection, holds);
      onJoined({ id, isTrusted: role === 'local', source: sourceOf(address), threads });
      onChange({ type: 'joined', worker: id, kind, address, contributor, workers: this.count });
    },
    placeGradient: (connection, contribution, bytes) =>
      this.#isClosed ? 'nowhere' : this.#intake.placeOf(connection, contribution, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
    onContribution: (connection, contribution, bytes) => {
      if (!this.#isClosed) this.#intake.take(connection, contribution, bytes);
    },
    onHeartbeat: (connection, beat) => this.#intake.passOver(connection, beat),
    onClosed: (connection, reason) => this.#forget(connection.id, reason),
    onFailed: (error) => this.#options.onFailed(error),
    onTrouble: (trouble, line) => this.#trouble.tell(trouble, line, this.#options.clock.now()),
  };

  #createIntake(): AnswerIntake {
    return new AnswerIntake({
      ...this.#options,
      onContribution: (worker, contribution) => {
        this.#connections.get(worker)?.account.trust();
        this.#options.onContribution(worker, contribution);
      },
      copyParameters: (target, step) => this.#parameters.copyTo(target, step),
      drop: (worker, reason) => this.#connections.get(worker)?.close('badMessage', reason),
      isConnected: (worker) => this.#connections.has(worker),
      onWarned: (connection, reason) => {
        this.#options.onChange({ type: 'warned', worker: connection.id, reason, workers: this.count });
        connection.warn(reason);
      },
    });
  }

  #createLink(connection: WorkerConnection): WorkerLink {
    const { state } = this.#options.prepared;
    const parameterBytes = () => state.usedBytes;
    return {
      sendParameters: (version) => this.#parameters.send(version, parameterBytes, connection),
      lend: (lease) => this.#lend(connection, lease),
      leave: (name, reason) => connection.close(name, reason),
    };
  }

  #lend(connection: WorkerConnection, lease: Lease): void {
    const { id, work, parameters, samples } = lease;
    this.#intake.open(lease, connection.beats);
    const packed = this.#options.prepared.data.packedSamplesOf(work);
    const deadline = lease.deadline - lease.lentAt;
    const message = { type: 'lease', lease: id, work, parameters, samples, deadline } as const;
    const frames = encodeToWorker(message, packed, this.#pool);
    connection.sendFrames(frames, () => this.#pool.release(frames));
  }

  #forget(worker: WorkerId, reason: string): void {
    this.#connections.delete(worker);
    this.#links.delete(worker);
    this.#intake.forget(worker);
    if (this.#isClosed) return;
    const { onLeft, onChange } = this.#options;
    onLeft(worker);
    onChange({ type: 'left', worker, reason, workers: this.count });
  }
}
