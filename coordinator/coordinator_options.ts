// What a run is assembled from, and how it ends.

import type { PreparedJob } from './computation/prepared_job.ts';
import type { Limits } from './connections/limits.ts';
import type { Platform } from './platform.ts';
import type { CheckpointPolicy } from './records/checkpoint_policy.ts';
import type { FoundCheckpoint } from './records/run_folder.ts';
import type { LobbyOptions } from './run/lobby.ts';
import type { OwnShareMode } from './run/own_share.ts';
import type { RunOutcome } from './run/run_options.ts';
import type { TrainingEvent } from './run/training_events.ts';
import type { EpochRecord } from './training/evaluation.ts';
import type { TlsFiles } from './web/tls_pair.ts';

export interface CoordinatorOptions {
  /** The job with its engine, data and state; the parameters are those of `checkpoint`, if there is one. */
  readonly prepared: PreparedJob;
  /** The checkpoint that the run goes on from. */
  readonly checkpoint?: FoundCheckpoint | undefined;
  /** Where the run leaves its ledger and checkpoints; without it, it leaves nothing. */
  readonly records?: RecordsOptions;
  /** Where workers connect and people watch; without it the run has no port. */
  readonly listen?: ListenOptions;
  /** The administrator's secret, at least 16 characters; who helps or watches presents it or a token derived from it. */
  readonly token?: string | undefined;
  /** Worker processes to start on this machine; by default none. */
  readonly workers?: number;
  /** What this process computes itself; by default a share while few workers help, and everything without a port. */
  readonly ownShare?: OwnShareMode;
  /** Threads that compute it together; 1 if left out. */
  readonly threads?: number;
  /** Where workers wait until the run is told to begin; it begins at once, if left out. A run that goes on has none. */
  readonly lobby?: LobbyOptions | undefined;
  /** Called at once, so it must be quick. */
  readonly onEvent?: (event: TrainingEvent) => void;
  /** What is not the system's own. */
  readonly platform?: Partial<Platform>;
}

export interface RecordsOptions {
  /** Made for a new run; a resumed one goes on in its checkpoint's folder or begins another. */
  readonly folder: string;
  readonly policy: CheckpointPolicy;
}

export interface ListenOptions {
  /** The address of this machine to listen on. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Names by which the coordinator is reached, besides its addresses and this machine's own names. */
  readonly allowedHosts?: readonly string[];
  /** The certificate by which it speaks TLS; read again when it changes. */
  readonly tls?: TlsFiles | undefined;
  /** Reverse proxies, by address or network, whose word is taken for who asked them; none if left out. */
  readonly trustedProxies?: readonly string[];
  /** What strangers may cost; the defaults of those that are absent are generous. */
  readonly limits?: Partial<Limits>;
}

/** How a run ended. */
export interface RunResult extends RunOutcome {
  /** SHA-256 (hexadecimal) of the flat parameters: a function of the job and its data alone. */
  readonly parametersDigest: string;
  /** What was measured at the end of each epoch, those before a resume included. */
  readonly history: readonly EpochRecord[];
  /** The file of the last checkpoint; undefined if none could be written, or the run leaves none. */
  readonly checkpoint: string | undefined;
}
