// What workers answer, from the wire to the trainer: checked against their leases, inspected, judged, and only then counted.

import { type SumRanges, sumRanges } from '../../shared/engine/model.ts';
import type { Place } from '../../shared/protocol/decode.ts';
import type { Contribution } from '../../shared/protocol/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { ContributionIntake } from '../connections/contribution_intake.ts';
import type { WorkerConnection } from '../connections/worker_connection.ts';
import type { Lease, LeaseId, WorkerId } from '../training/lease.ts';
import type { Dispute } from '../training/trainer_messages.ts';
import { type Verdict, Verification, type VerificationOptions } from './verification.ts';
import type { WorkerLinkHandlers } from './worker_link.ts';

export interface AnswerIntakeOptions
  extends Pick<WorkerLinkHandlers, 'onContribution' | 'onRefused'>,
    VerificationOptions {
  readonly prepared: PreparedJob;
  /** An answer cannot be counted: the worker is to be told why. */
  readonly onWarned: (connection: WorkerConnection, reason: string) => void;
  /** Whether the worker is still connected. */
  readonly isConnected: (worker: WorkerId) => boolean;
}

export class AnswerIntake {
  readonly #options: AnswerIntakeOptions;
  readonly #intake: ContributionIntake;
  readonly #verification: Verification;

  constructor(options: AnswerIntakeOptions) {
    const { graph, state } = options.prepared;
    const ranges: SumRanges = sumRanges(graph);
    this.#options = options;
    this.#intake = new ContributionIntake({ gradients: state.gradients, layout: state.replica.layout, ranges });
    this.#verification = new Verification(options);
  }

  /** Leases that are out. */
  get size(): number {
    return this.#intake.size;
  }

  /** A lease is on its way to a worker that was sent so many heartbeats before. */
  open(lease: Lease, beats: number): void {
    this.#intake.open(lease, beats);
  }

  /** A contribution begins: where its gradient goes. One that cannot be counted is refused at once. */
  placeOf(connection: WorkerConnection, contribution: Contribution, bytes: number): Place {
    const place = this.#intake.placeOf(connection.id, contribution, bytes);
    if (place instanceof Uint8Array) return place;
    this.#refuse(connection, contribution.lease as LeaseId, place.reason, place.holdsLease);
    return 'nowhere';
  }

  /** A contribution has come whole. */
  take(connection: WorkerConnection, contribution: Contribution, bytes: number): void {
    const { lease: id, samples, lossSum, metricSums, milliseconds } = contribution;
    const judgement = this.#intake.judge(connection.id, contribution, bytes);
    if (judgement.verdict === 'refused') {
      this.#refuse(connection, id as LeaseId, judgement.reason, judgement.holdsLease);
      return;
    }
    const { lease, gradient } = judgement;
    const sums = { samples, lossSum, metricSums };
    const inspection = this.#options.prepared.state.gradients.inspect(gradient, sums);
    const verdict = this.#verification.judge(lease, samples, inspection);
    if (verdict !== 'believed') {
      this.#turnDown(connection, lease.id, verdict);
      return;
    }
    this.#intake.close(lease.id);
    const answer = { lease: lease.id, ...sums, milliseconds, digest: inspection.digest };
    this.#options.onContribution(connection.id, gradient === undefined ? answer : { ...answer, gradient });
  }

  /** A heartbeat has come back: what was lent before it must have been answered. */
  passOver(connection: WorkerConnection, beat: number): void {
    for (const lease of this.#intake.passedOver(connection.id, beat)) {
      this.#refuse(connection, lease, `lease ${lease} was passed over`, true);
    }
  }

  /** Finds out which of different answers to the same work is right, and drops those who gave another. */
  resolve(dispute: Dispute): void {
    this.#verification.resolve(dispute);
  }

  /** Forgets a worker that is gone, and its leases. */
  forget(worker: WorkerId): void {
    this.#verification.forget(worker);
    this.#intake.dropOf(worker);
  }

  #turnDown(connection: WorkerConnection, lease: LeaseId, verdict: Exclude<Verdict, 'believed'>): void {
    switch (verdict) {
      case 'not finite':
        this.#refuse(connection, lease, 'contribution is not finite (NaN or infinity)', true);
        break;
      case 'doubted':
        this.#intake.drop(lease);
        this.#options.onRefused(connection.id, lease);
        break;
      case 'disproved':
      case 'diverged':
        break; // Worker or run are at their end, and with them the lease.
      default:
        verdict satisfies never;
    }
  }

  /** An answer that cannot be counted costs its lease, and in the end the connection, but never the step. */
  #refuse(connection: WorkerConnection, lease: LeaseId, reason: string, holdsLease: boolean): void {
    const { onWarned, onRefused, isConnected } = this.#options;
    const { id } = connection;
    onWarned(connection, reason);
    if (!holdsLease || !isConnected(id)) return;
    this.#intake.drop(lease);
    onRefused(id, lease);
  }
}
