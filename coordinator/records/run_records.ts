// The records of a run, opened where it begins or goes on.

import { dirname } from 'node:path';
import { createRunFolder, type FoundCheckpoint, requireNewRunFolder } from './run_folder.ts';
import { RunRecorder, type RunRecorderOptions } from './run_recorder.ts';

/** @param checkpoint the one that the run goes on from, if it does; the parameters are its own already. */
export class RunRecords {
  readonly #options: RunRecorderOptions;
  readonly #checkpoint: FoundCheckpoint | undefined;

  constructor(options: RunRecorderOptions, checkpoint: FoundCheckpoint | undefined) {
    this.#options = options;
    this.#checkpoint = checkpoint;
  }

  /** Before anything is written. @throws {InputError} if the run needs a new folder and this one has something in it. */
  async requireRoom(): Promise<void> {
    if (this.#isNew) await requireNewRunFolder(this.#options.folder, this.#options.disk);
  }

  /** @throws {InputError} if the folder cannot be made. */
  async makeFolder(): Promise<void> {
    const { folder, prepared, disk } = this.#options;
    if (this.#isNew) await createRunFolder(folder, prepared.job, disk);
  }

  /** @throws {InputError} if the ledger cannot be written, or was changed. */
  open(): Promise<RunRecorder> {
    const checkpoint = this.#checkpoint?.checkpoint;
    return checkpoint === undefined ? RunRecorder.create(this.#options) : RunRecorder.resume(this.#options, checkpoint);
  }

  /** A resumed run goes on in its checkpoint's folder, any other begins a new one. */
  get #isNew(): boolean {
    return this.#checkpoint === undefined || this.#options.folder !== dirname(this.#checkpoint.file);
  }
}
