// How a run reaches whoever computes for it: a connection, its own share, one day a relay.

import type { CloseName } from '../../shared/protocol/close_codes.ts';
import type { Lease, LeaseId, WorkerId } from '../training/lease.ts';
import type { TrainerContribution } from '../training/trainer_messages.ts';

export interface WorkerLink {
  /** Sends the parameters as they are, which is this version. */
  readonly sendParameters: (version: number) => void;
  readonly lend: (lease: Lease) => void;
  /** Ends it; what it was lent is not waited for. */
  readonly leave: (name: CloseName, reason: string) => void;
}

/** What comes back over a link. */
export interface WorkerLinkHandlers {
  readonly onContribution: (worker: WorkerId, contribution: TrainerContribution) => void;
  /** The lease will not be answered in a way that counts. */
  readonly onRefused: (worker: WorkerId, lease: LeaseId) => void;
  /** The run cannot go on. */
  readonly onFailed: (error: unknown) => void;
}
