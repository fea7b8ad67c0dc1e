// Writes a run's checkpoints as they come due and removes those that are superseded. A full disk or the like costs a
// checkpoint, never the run.

import type { EpochRecord } from '../training/evaluation.ts';
import { writeFileAtomically } from './atomic_write.ts';
import { bestEpoch, type CheckpointPolicy, isCheckpointDue, supersededCheckpoints } from './checkpoint_policy.ts';
import type { Disk } from './disk.ts';
import { checkpointFile, checkpointSteps } from './run_folder.ts';

export interface CheckpointSaverOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly policy: CheckpointPolicy;
  /** The step that the run begins at. */
  readonly firstStep: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The checkpoint of the parameters as they are now. */
  readonly encode: (step: number) => Uint8Array;
  /** Makes durable what must be known before a checkpoint is. */
  readonly beforeWrite: () => Promise<void>;
  /** A checkpoint is whole and durable. */
  readonly onSaved?: (step: number, file: string) => void;
  /** Saving began to fail, or works again: a line for people. */
  readonly onTrouble: (line: string) => void;
}

interface Waiting {
  readonly step: number;
  readonly bytes: Uint8Array;
}

export class CheckpointSaver {
  readonly #options: CheckpointSaverOptions;
  #last: { readonly step: number; readonly at: number };
  #bestStep: number | undefined;
  /** At most the best and the newest wait while one is written. */
  #waiting: readonly Waiting[] = [];
  #writing: Promise<void> | undefined;
  #saved: string | undefined;
  #savedStep: number | undefined;
  #trouble: string | undefined;

  constructor(options: CheckpointSaverOptions) {
    this.#options = options;
    this.#last = { step: options.firstStep, at: options.now() };
  }

  /** To be called after each step: saves if a checkpoint is due. */
  onStep(step: number): void {
    if (isCheckpointDue(this.#options.policy, step, this.#options.now(), this.#last)) this.save(step);
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
    this.#last = { step, at: now() };
    const best = this.#waiting.filter((waiting) => waiting.step === this.#bestStep && waiting.step !== step);
    this.#waiting = [...best, { step, bytes: encode(step) }];
    this.#writing ??= this.#writeAll();
  }

  /** The step of the checkpoint that was written last. */
  get savedStep(): number | undefined {
    return this.#savedStep;
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

  async #writeAll(): Promise<void> {
    for (;;) {
      const [next, ...rest] = this.#waiting;
      if (next === undefined) break;
      this.#waiting = rest;
      await this.#write(next);
    }
    this.#writing = undefined;
  }

  async #write({ step, bytes }: Waiting): Promise<void> {
    const { folder, disk, beforeWrite, onSaved, onTrouble } = this.#options;
    const file = checkpointFile(folder, step);
    try {
      await beforeWrite();
      await writeFileAtomically(file, bytes, disk);
      this.#saved = file;
      this.#savedStep = step;
      if (this.#trouble !== undefined) onTrouble(`checkpoints can be written again: ${file}`);
      this.#trouble = undefined;
      onSaved?.(step, file);
      await this.#prune();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#saved = undefined;
      const trouble = `checkpoint ${file} could not be written (${code ?? message}); training goes on`;
      if (this.#trouble === undefined) onTrouble(trouble);
      this.#trouble = trouble;
    }
  }

  async #prune(): Promise<void> {
    const { folder, disk, policy } = this.#options;
    const steps = await checkpointSteps(folder, disk);
    for (const step of supersededCheckpoints(steps, policy.keep, this.#bestStep)) {
      await disk.remove(checkpointFile(folder, step));
    }
  }
}
