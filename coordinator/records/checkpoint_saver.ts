// Writes a run's checkpoints in the order in which they come due, and removes those that are superseded. A full or slow
// disk costs a checkpoint, never the run.

import type { Clock } from '../../shared/clock.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { bestEpoch } from '../training/validation.ts';
import { writeFileAtomically } from './atomic_write.ts';
import {
  type CheckpointPolicy,
  dispensableCheckpoints,
  isCheckpointDue,
  supersededCheckpoints,
} from './checkpoint_policy.ts';
import { CheckpointQueue, type WaitingCheckpoint } from './checkpoint_queue.ts';
import type { Disk } from './disk.ts';
import { checkpointFile, checkpointSteps } from './run_folder.ts';

/** Bytes of checkpoints that may wait while one is written: 256 MiB. */
const maximumWaitingBytes = 2 ** 28;

/** Milliseconds between two attempts to write the last checkpoint. */
const retryInterval = 2_000;

export interface CheckpointSaverOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly policy: CheckpointPolicy;
  /** The step that the folder's ledger begins with: its checkpoint is never removed. */
  readonly startStep: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly schedule: Clock['schedule'];
  /** The checkpoint of the parameters as they are now. */
  readonly encode: (step: number) => Uint8Array;
  /** The newest step that has a checkpoint that verifies. */
  readonly lastWhole: () => Promise<number | undefined>;
  /** Makes durable what must be known before a checkpoint is. */
  readonly beforeWrite: () => Promise<void>;
  /** A checkpoint is whole and durable. */
  readonly onSaved?: (step: number, file: string) => void;
  /** Saving began to fail or to fall behind, or works again: a line for people. */
  readonly onTrouble: (line: string) => void;
  /** Bytes of checkpoints that may wait while one is written. */
  readonly maximumWaiting?: number;
}

/** Checkpoints that were skipped since the disk last kept up. */
interface Skipped {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Whether less on the disk would help. */
function isFull(code: string | undefined): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export class CheckpointSaver {
  readonly #options: CheckpointSaverOptions;
  readonly #queue: CheckpointQueue;
  readonly #maximumWaiting: number;
  #lastAt: number;
  #bestStep: number | undefined;
  #writing: Promise<void> | undefined;
  #saved: string | undefined;
  #savedStep: number | undefined;
  #trouble: string | undefined;
  /** The newest checkpoint, where it could not be written, and what the disk said. */
  #failed: (WaitingCheckpoint & { readonly code: string | undefined }) | undefined;
  #isPatient = true;
  #wake: () => void = () => undefined;
  #skipped: Skipped | undefined;
  #skippedInAll = 0;

  constructor(options: CheckpointSaverOptions) {
    const { policy, now, maximumWaiting = maximumWaitingBytes } = options;
    this.#options = options;
    this.#maximumWaiting = maximumWaiting;
    this.#queue = new CheckpointQueue({ keep: policy.keep, maximumBytes: maximumWaiting });
    this.#lastAt = now();
  }

  /** To be called after each step: saves if a checkpoint is due. */
  onStep(step: number): void {
    const { policy, now } = this.#options;
    if (isCheckpointDue(policy, step, now() - this.#lastAt)) this.save(step);
  }

  /** Saves the parameters that an epoch ended with. */
  onEpoch(step: number, history: readonly EpochRecord[]): void {
    this.#bestStep = bestEpoch(history)?.step;
    this.save(step);
  }

  /** The best epoch so far, of a run that is resumed. */
  resume(history: readonly EpochRecord[]): void {
    this.#bestStep = bestEpoch(history)?.step;
  }

  save(step: number): void {
    const { encode, now } = this.#options;
    this.#lastAt = now();
    for (const lost of this.#queue.add({ step, bytes: encode(step) }, this.#bestStep)) this.#skip(lost);
    this.#writing ??= this.#writeAll();
  }

  /** The step of the checkpoint that was written last. */
  get savedStep(): number | undefined {
    return this.#savedStep;
  }

  /** Checkpoints that were due and not written because the disk could not keep up. */
  get skipped(): number {
    return this.#skippedInAll;
  }

  /** Why saving fails just now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The file that was written last, once all are; undefined if there is none. */
  async lastSaved(): Promise<string | undefined> {
    await this.#writing;
    return this.#saved;
  }

  /**
   * The file that was written last, which is the last there will be: if it could not be written, older ones make room for
   * it, and if that is not enough and `isPatient`, it is tried until it can be or `giveUp` is called.
   */
  async keepLast(isPatient: boolean): Promise<string | undefined> {
    await this.#writing;
    if (this.#failed !== undefined) await this.#makeRoom(this.#failed);
    if (this.#failed !== undefined && isPatient && this.#isPatient) await this.#waitForRoom(this.#failed);
    if (this.#failed !== undefined) await this.#sayLost(this.#failed);
    return this.#saved;
  }

  /** Ends the waiting for room. */
  giveUp(): void {
    this.#isPatient = false;
    this.#wake();
  }

  async #makeRoom(failed: WaitingCheckpoint): Promise<void> {
    const { folder, disk, startStep, lastWhole, onTrouble } = this.#options;
    const last = await lastWhole();
    const steps = await checkpointSteps(folder, disk).catch(() => []);
    for (const step of dispensableCheckpoints(steps, last, [this.#bestStep, startStep])) {
      if (!isFull(this.#failed?.code)) return;
      await disk.remove(checkpointFile(folder, step)).catch(() => undefined);
      onTrouble(`the disk is full: the checkpoint of step ${step} makes room for that of step ${failed.step}`);
      await this.#write(failed);
    }
  }

  async #waitForRoom(failed: WaitingCheckpoint): Promise<void> {
    const { folder, schedule, onTrouble } = this.#options;
    const mebibytes = (failed.bytes.length / 2 ** 20).toFixed(1);
    onTrouble(
      `the weights of step ${failed.step} wait for room, ${mebibytes} MiB in ${folder}; make some, or end this with Ctrl-C`,
    );
    while (this.#isPatient && this.#failed !== undefined) {
      await new Promise<void>((resolve) => {
        const cancel = schedule(retryInterval, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      await this.#write(failed);
    }
  }

  async #sayLost({ step, code }: { readonly step: number; readonly code: string | undefined }): Promise<void> {
    const { folder, lastWhole, onTrouble } = this.#options;
    const last = await lastWhole();
    const rest = last === undefined ? 'there is no checkpoint' : `those of ${checkpointFile(folder, last)} remain`;
    onTrouble(`the weights of step ${step} could not be written (${code ?? 'unknown error'}); ${rest}`);
  }

  #skip(step: number): void {
    this.#skippedInAll += 1;
    const { first, count } = this.#skipped ?? { first: step, count: 0 };
    this.#skipped = { first, last: step, count: count + 1 };
    if (count > 0) return;
    const waiting = `${(this.#maximumWaiting / 2 ** 20).toLocaleString('en')} MiB`;
    this.#options.onTrouble(
      `the disk cannot keep up: the checkpoint of step ${step} is skipped, at most ${waiting} may wait to be written; training goes on`,
    );
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) await this.#write(next);
    this.#writing = undefined;
    this.#sayCaughtUp();
  }

  #sayCaughtUp(): void {
    if (this.#skipped === undefined) return;
    const { first, last, count } = this.#skipped;
    this.#skipped = undefined;
    const which =
      count === 1
        ? `1 checkpoint was skipped, of step ${first}`
        : `${count} checkpoints were skipped, of steps ${first} to ${last}`;
    this.#options.onTrouble(`the disk has caught up: ${which}`);
  }

  async #write({ step, bytes }: WaitingCheckpoint): Promise<void> {
    const { folder, disk, beforeWrite, onSaved, onTrouble } = this.#options;
    const file = checkpointFile(folder, step);
    try {
      await beforeWrite();
      await writeFileAtomically(file, bytes, disk);
      this.#saved = file;
      this.#savedStep = step;
      this.#failed = undefined;
      if (this.#trouble !== undefined) onTrouble(`checkpoints can be written again: ${file}`);
      this.#trouble = undefined;
      onSaved?.(step, file);
      await this.#prune();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#saved = undefined;
      this.#failed = { step, bytes, code: code ?? message };
      const trouble = `checkpoint ${file} could not be written (${code ?? message}); training goes on`;
      if (this.#trouble === undefined) onTrouble(trouble);
      this.#trouble = trouble;
    }
  }

  async #prune(): Promise<void> {
    const { folder, disk, policy, startStep } = this.#options;
    const steps = await checkpointSteps(folder, disk);
    for (const step of supersededCheckpoints(steps, policy.keep, [this.#bestStep, startStep])) {
      await disk.remove(checkpointFile(folder, step));
    }
  }
}
