// The flags of `gradswarm train`, as the command line hands them over.

import type { CheckpointFlags } from './checkpoint_flags.ts';
import type { LobbyFlags } from './lobby_flags.ts';
import type { NetworkFlags } from './network_flags.ts';

export interface TrainFlags extends CheckpointFlags, LobbyFlags, NetworkFlags {
  /** Local worker processes; 0 waits for workers from elsewhere. Undefined: as many as useful here. */
  readonly workers?: number;
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
