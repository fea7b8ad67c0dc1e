// The workers that are connected to a run: their handshakes, what is sent to them, and what their answers are worth.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { encodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import { type Checksum, createChecksum } from '../../shared/protocol/checksum.ts';
import { type CloseName, ProtocolError } from '../../shared/protocol/close_codes.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import type { Contribution } from '../../shared/protocol/messages.ts';
import { givesNotFinite } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Access } from '../connections/access.ts';
import { ContributionIntake } from '../connections/contribution_intake.ts';
import { checkHello, type HandshakeRequirements } from '../connections/handshake.ts';
import { ParameterFrames } from '../connections/parameter_frames.ts';
import { WorkerConnection, type WorkerConnectionHandlers } from '../connections/worker_connection.ts';
import type { OpenSocket } from '../connections/worker_socket.ts';
import type { Lease, LeaseId, WorkerId } from '../training/lease.ts';
import { divergence } from './divergence.ts';
import type { WorkerChange } from './run_events.ts';
import type { WorkerLink, WorkerLinkHandlers } from './worker_link.ts';

/** What a contribution carries besides its gradient must fit here, in bytes. */
const messageAllowance = 64 * 1024;

/** Bytes that may wait for a worker beyond two sets of parameters: its leases' samples, and heartbeats. */
const unsentAllowance = 64 * 1024 * 1024;

export interface ConnectedWorkersOptions extends WorkerLinkHandlers {
  readonly prepared: PreparedJob;
  readonly clock: Clock;
  /** Who may join. */
  readonly access: Access;
  readonly newWorkerId?: (() => WorkerId) | undefined;
  /** The version of the parameters as they are. */
  readonly version: () => number;
  readonly onJoined: (worker: WorkerId) => void;
  readonly onLeft: (worker: WorkerId) => void;
  /** Told after the others. */
  readonly onChange: (change: WorkerChange) => void;
}

export class ConnectedWorkers {
  readonly #options: ConnectedWorkersOptions;
  readonly #connections = new Map<WorkerId, WorkerConnection>();
  /** One for each connection, made when it joins. */
  readonly #links = new Map<WorkerId, WorkerLink>();
  readonly #intake: ContributionIntake;
  readonly #requirements: HandshakeRequirements;
  readonly #assignedJob: Uint8Array;
  readonly #pool = new FramePool((bytes) => Buffer.allocUnsafeSlow(bytes));
  readonly #checksum: Checksum;
  readonly #parameters: ParameterFrames;
  #isClosed = false;

  constructor(options: ConnectedWorkersOptions) {
    const { job, graph, state } = options.prepared;
    this.#options = options;
    this.#checksum = createChecksum([state.engine.memory]);
    this.#parameters = new ParameterFrames(this.#pool, this.#checksum);
    this.#intake = new ContributionIntake({
      gradients: state.gradients,
      layout: state.replica.layout,
      metrics: Object.keys(graph.metrics),
    });
    const { access } = options;
    this.#requirements = { engineDigest, numerics: job.numerics, probe: numericsProbe(state.engine), access };
    this.#assignedJob = encodeAssignedJob({ numerics: job.numerics, microbatchSize: job.microbatchSize, graph });
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
    const parameterBytes = 4 * this.#options.prepared.state.replica.parameterCount;
    const { newWorkerId = () => randomBytes(6).toString('hex') as WorkerId, clock } = this.#options;
    new WorkerConnection(open, {
      id: newWorkerId(),
      address,
      maximumPayload: parameterBytes + messageAllowance,
      maximumUnsent: 2 * parameterBytes + unsentAllowance,
      clock,
      handlers: this.#handlers,
    });
  }

  /** The link to a worker; undefined if it has gone. */
  linkTo(worker: WorkerId): WorkerLink | undefined {
    return this.#links.get(worker);
  }

  /** Shows life to all, and looks for theirs. @param excusedUntil see `SignsOfLife` */
  keepAlive(now: number, excusedUntil: (worker: WorkerId) => number | undefined): void {
    for (const [id, connection] of [...this.#connections]) connection.keepAlive(now, excusedUntil(id));
  }

  /** Nobody is let in any more, and answers are not counted. */
  stop(): void {
    this.#isClosed = true;
  }

  /** Ends all connections: a finished run sends its workers home, after any other end they come back and ask. */
  close(name: 'normal' | 'goingAway', reason: string): void {
    this.stop();
    for (const connection of this.#connections.values()) {
      if (name === 'normal') connection.send({ type: 'finished', reason });
      connection.close(name satisfies CloseName, reason);
    }
  }

  readonly #handlers: WorkerConnectionHandlers = {
    checkHello: (hello, address) => {
      const role = checkHello(hello, this.#requirements, address);
      if (this.#isClosed) throw new ProtocolError('goingAway', 'the run is over');
      return role;
    },
    onJoined: (connection, { kind }) => {
      const { id, address } = connection;
      const { prepared, onJoined, onChange } = this.#options;
      this.#connections.set(id, connection);
      this.#links.set(id, this.#createLink(connection));
      connection.send({ type: 'welcome', workerId: id, jobDigest: prepared.digest }, this.#assignedJob);
      onJoined(id);
      onChange({ type: 'joined', worker: id, kind, address, workers: this.count });
    },
    placeGradient: ({ id }, contribution, bytes) => this.#intake.placeOf(id, contribution, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
    onContribution: (connection, contribution, bytes) => this.#takeContribution(connection, contribution, bytes),
    onHeartbeat: (connection, beat) => {
      for (const lease of this.#intake.passedOver(connection.id, beat)) {
        this.#refuse(connection, lease, `lease ${lease} was passed over`, true);
      }
    },
    onClosed: (connection, reason) => this.#forget(connection.id, reason),
  };

  #createLink(connection: WorkerConnection): WorkerLink {
    const { state } = this.#options.prepared;
    const parameterBytes = () => state.parameterBytes;
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

  #takeContribution(connection: WorkerConnection, contribution: Contribution, bytes: number): void {
    if (this.#isClosed) return;
    const { lease: id, samples, lossSum, metricSums, milliseconds } = contribution;
    const judgement = this.#intake.judge(connection.id, contribution, bytes);
    if (judgement.verdict === 'refused') {
      this.#refuse(connection, id as LeaseId, judgement.reason, judgement.holdsLease);
      return;
    }
    const { lease, gradient } = judgement;
    const { gradients } = this.#options.prepared.state;
    const inspection = gradients.inspect(gradient, { samples, lossSum, metricSums });
    if (!inspection.isFinite) {
      this.#doubt(connection, lease);
      return;
    }
    this.#intake.close(lease.id);
    const { digest } = inspection;
    const sums = { lease: lease.id, digest, samples, lossSum, metricSums, milliseconds };
    this.#options.onContribution(connection.id, gradient === undefined ? sums : { ...sums, gradient });
  }

  /** Numbers that are not finite are the worker's fault, unless the coordinator finds the same. */
  #doubt(connection: WorkerConnection, lease: Lease): void {
    const { prepared, version, onFailed } = this.#options;
    const diverges = lease.parameters === version() && givesNotFinite(prepared, lease.work);
    if (diverges) onFailed(divergence(lease.work.step));
    else this.#refuse(connection, lease.id, 'contribution is not finite (NaN or infinity)', true);
  }

  /** An answer that cannot be counted costs its lease, and in the end the connection, but never the step. */
  #refuse(connection: WorkerConnection, lease: LeaseId, reason: string, holdsLease: boolean): void {
    const { id } = connection;
    const { onChange, onRefused } = this.#options;
    onChange({ type: 'warned', worker: id, reason, workers: this.count });
    connection.warn(reason);
    if (!holdsLease || !this.#connections.has(id)) return;
    this.#intake.drop(lease);
    onRefused(id, lease);
  }

  #forget(worker: WorkerId, reason: string): void {
    this.#connections.delete(worker);
    this.#links.delete(worker);
    this.#intake.dropOf(worker);
    if (this.#isClosed) return;
    const { onLeft, onChange } = this.#options;
    onLeft(worker);
    onChange({ type: 'left', worker, reason, workers: this.count });
  }
}
