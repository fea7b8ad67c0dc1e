// Checkpoints on their way to the disk, oldest first, within a limit on memory. Pure.

import { supersededCheckpoints } from './checkpoint_policy.ts';

export interface WaitingCheckpoint {
  readonly step: number;
  readonly bytes: Uint8Array;
}

export interface CheckpointQueueOptions {
  /** How many of the newest are kept: whatever would be pruned as soon as it is written need not wait. */
  readonly keep: number;
  /** Bytes that may wait; the best and the newest checkpoint wait whatever their size. */
  readonly maximumBytes: number;
}

export class CheckpointQueue {
  readonly #options: CheckpointQueueOptions;
  #waiting: readonly WaitingCheckpoint[] = [];

  constructor(options: CheckpointQueueOptions) {
    this.#options = options;
  }

  /** Adds the newest checkpoint. @returns the steps of those that had to go to make room for it, oldest first. */
  add(checkpoint: WaitingCheckpoint, bestStep: number | undefined): readonly number[] {
    const { keep, maximumBytes } = this.#options;
    const all = [...this.#waiting.filter(({ step }) => step !== checkpoint.step), checkpoint];
    const superseded = new Set(
      supersededCheckpoints(
        all.map(({ step }) => step),
        keep,
        [bestStep],
      ),
    );
    const wanted = all.filter(({ step }) => !superseded.has(step));
    let excess = wanted.reduce((sum, { bytes }) => sum + bytes.length, 0) - maximumBytes;
    const skipped = new Set<number>();
    for (const { step, bytes } of wanted) {
      if (excess <= 0) break;
      if (step === bestStep || step === checkpoint.step) continue;
      skipped.add(step);
      excess -= bytes.length;
    }
    this.#waiting = wanted.filter(({ step }) => !skipped.has(step));
    return [...skipped];
  }

  /** Takes the oldest out. */
  take(): WaitingCheckpoint | undefined {
    const [oldest, ...rest] = this.#waiting;
    this.#waiting = rest;
    return oldest;
  }
}
