// The records of a run, opened where it begins or resumes.

import { dirname, resolve } from 'node:path';
import { createRunFolder, type FoundCheckpoint, requireNewRunFolder, updateRunFolder } from './run_folder.ts';
import { RunRecorder, type RunRecorderOptions } from './run_recorder.ts';

/** @param checkpoint the one that the run resumes from, if it does; the parameters are its own already. */
export class RunRecords {
  readonly #options: RunRecorderOptions;
  readonly #checkpoint: FoundCheckpoint | undefined;

  constructor(options: RunRecorderOptions, checkpoint: FoundCheckpoint | undefined) {
    this.#options = options;
    this.#checkpoint = checkpoint;
  }

  /** Before anything is written. @throws {InputError} if the run needs a new folder and this one is not empty. */
  async requireRoom(): Promise<void> {
    if (this.#isNew) await requireNewRunFolder(this.#options.folder, this.#options.disk);
  }

  /** Makes a new run's folder, or updates that of a resumed one. @throws {InputError} if that cannot be done. */
  async makeFolder(): Promise<void> {
    const { folder, prepared, policy, disk } = this.#options;
    await (this.#isNew ? createRunFolder : updateRunFolder)(folder, prepared.job, policy, disk);
  }

  /** @throws {InputError} if the ledger cannot be written, or was changed. */
  open(): Promise<RunRecorder> {
    const checkpoint = this.#checkpoint?.checkpoint;
    return checkpoint === undefined ? RunRecorder.create(this.#options) : RunRecorder.resume(this.#options, checkpoint);
  }

  /** A run that resumes in its checkpoint's folder has one already. */
  get #isNew(): boolean {
    return this.#checkpoint === undefined || resolve(this.#options.folder) !== resolve(dirname(this.#checkpoint.file));
  }
}
