// What a run is made of, and how it ends.

import type { Clock } from '../../shared/clock.ts';
import type { Crew } from '../../shared/crew/crew.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Guard } from '../connections/guard.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import type { WorkerId } from '../training/lease.ts';
import type { LeaseBook } from '../training/lease_book.ts';
import type { LobbyOptions } from './lobby.ts';
import type { OwnShareMode } from './own_share.ts';
import type { RunListener } from './run_events.ts';

export interface RunOptions {
  /** The job with its engine, data and state; the parameters are those of `firstStep`. */
  readonly prepared: PreparedJob;
  /** Steps already done: 0 but for a resumed run. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated. */
  readonly evaluatedStep: number;
  /** What was measured by then; nothing, if left out. */
  readonly history?: readonly EpochRecord[];
  /** What this process computes itself. */
  readonly ownShare: OwnShareMode;
  /** What computes that. */
  readonly crew: Pick<Crew, 'compute' | 'threads'>;
  /** Who may join, and what that may cost. */
  readonly guard: Guard;
  /** Where workers wait until the run is told to begin; it begins at once, if left out. */
  readonly lobby?: LobbyOptions | undefined;
  readonly listener: RunListener;
  readonly clock: Clock;
  /** See `OwnShareOptions`. */
  readonly nextTurn?: ((callback: () => void) => void) | undefined;
  readonly newWorkerId?: (() => WorkerId) | undefined;
  /** For tests that break a rule. */
  readonly createLeaseBook?: ((units: number) => LeaseBook) | undefined;
}

export interface RunOutcome {
  /** `stopped`: by `stop` or a signal, before the job was done. */
  readonly type: 'finished' | 'stopped';
  /** Steps done. */
  readonly step: number;
}
