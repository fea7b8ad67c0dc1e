// The flags of `gradswarm train`, as the command line hands them over.

import type { ThreadCount } from '../../shared/node/thread_flag.ts';
import type { CheckpointFlags } from './checkpoint_flags.ts';
import type { LobbyFlags } from './lobby_flags.ts';
import type { NetworkFlags } from './network_flags.ts';

export interface TrainFlags extends CheckpointFlags, LobbyFlags, NetworkFlags {
  /** Local worker processes; 0 waits for workers from elsewhere. Undefined: none, the coordinator computes while it is alone. */
  readonly workers?: number;
  /** Threads that compute the coordinator's share. */
  readonly threads: ThreadCount;
  readonly inProcess?: true;
  /** Whether the coordinator computes a share itself. */
  readonly ownShare: boolean;
  readonly epochs?: number;
  readonly set: readonly string[];
  /** Megabytes that samples may take in memory; larger files are read from disk as they are needed. */
  readonly dataMemory?: number;
  readonly run?: string;
  /** A run's folder or a checkpoint; true: the run in `run`, if it has begun. */
  readonly resume?: string | true;
  /** A process watches over the coordinator and starts it again when it has died. */
  readonly supervise?: true;
  /** Events as JSON, for machines. */
  readonly json?: true;
  /** The file that the token is from. */
  readonly tokenFile?: string;
}
