// What a run tells whoever watches it.

import type { Hello } from '../../shared/protocol/messages.ts';
import { type Contributor, coordinator } from '../training/contributor.ts';
import type { Confirmations } from '../training/credit.ts';
import type { Evaluation, Measurement } from '../training/evaluation.ts';
import { ownWorker, type WorkerId } from '../training/lease.ts';
import type { CountedShard, TrainerCommand } from '../training/trainer_messages.ts';

/** Called synchronously, so listeners must be quick. */
export interface RunListener {
  /** Told when the work of the next step is lent, while the parameters are still those of `step`. */
  readonly onStep?: (step: number, measurement: Measurement, contributions: readonly CountedShard[]) => void;
  readonly onEpoch?: (
    epoch: number,
    step: number,
    evaluation: Evaluation,
    contributions: readonly CountedShard[],
  ) => void;
  /** Told before the step or the epoch in which the answers came. */
  readonly onConfirmed?: (confirmations: Confirmations) => void;
  /** Those who waited in the lobby have begun, so many. */
  readonly onBegun?: (workers: number) => void;
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
      /** Whose it is. */
      readonly contributor: Contributor;
      readonly workers: number;
    }
  | { readonly type: 'left'; readonly worker: WorkerId; readonly reason: string; readonly workers: number }
  /** An answer of the worker was refused. */
  | { readonly type: 'warned'; readonly worker: WorkerId; readonly reason: string; readonly workers: number };

/** The coordinator computes from now on, beside so many workers. */
export function ownShareJoined(workers: number): WorkerChange {
  const own = { worker: ownWorker, kind: 'coordinator', address: 'this process', contributor: coordinator } as const;
  return { type: 'joined', ...own, workers };
}

export function ownShareLeft(reason: string, workers: number): WorkerChange {
  return { type: 'left', worker: ownWorker, reason, workers };
}

/** Tells what a command of the trainer means to whoever watches. */
export function tellListener(listener: RunListener, command: TrainerCommand): void {
  if (command.type === 'step done') {
    listener.onStep?.(command.step, command.measurement, command.contributions);
  } else if (command.type === 'epoch done') {
    listener.onEpoch?.(command.epoch, command.step, command.evaluation, command.contributions);
  } else if (command.type === 'answers confirmed') {
    listener.onConfirmed?.(command.confirmations);
  }
}
