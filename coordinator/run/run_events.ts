// What a run tells whoever watches it.

import type { Hello } from '../../shared/protocol/messages.ts';
import type { Evaluation, Measurement } from '../training/evaluation.ts';
import type { WorkerId } from '../training/lease.ts';
import type { CountedShard } from '../training/trainer_messages.ts';

/** Called synchronously, so listeners must be quick. */
export interface RunListener {
  /** Told when the work of the next step is lent, while the parameters are still those of `step`. */
  readonly onStep?: (step: number, measurement: Measurement, contributions: readonly CountedShard[]) => void;
  readonly onEpoch?: (epoch: number, step: number, evaluation: Evaluation) => void;
  readonly onWorkers?: (change: WorkerChange) => void;
  /** Something is wrong that the run survives: one sentence for people. */
  readonly onWarning?: (message: string) => void;
  /** Makes the result safe: workers are sent home only then, for after a crash they would be needed again. */
  readonly beforeDismissal?: () => Promise<unknown>;
}

/** `workers` counts those that are connected. */
export type WorkerChange =
  | {
      readonly type: 'joined';
      readonly worker: WorkerId;
      readonly kind: Hello['kind'] | 'coordinator';
      readonly address: string;
      readonly workers: number;
    }
  | { readonly type: 'left'; readonly worker: WorkerId; readonly reason: string; readonly workers: number }
  /** An answer of the worker was refused. */
  | { readonly type: 'warned'; readonly worker: WorkerId; readonly reason: string; readonly workers: number };
