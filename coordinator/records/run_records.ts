// The records of a run, opened where it begins or resumes.

import { dirname, resolve } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { writeFileAtomically } from './atomic_write.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts';
import {
  checkpointFile,
  createRunFolder,
  type FoundCheckpoint,
  requireNewRunFolder,
  updateRunFolder,
} from './run_folder.ts';
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
    if (this.#isNew && this.#checkpoint !== undefined) await this.#saveStart(this.#checkpoint.checkpoint);
  }

  /** @throws {InputError} if the ledger cannot be written, or was changed. */
  open(): Promise<RunRecorder> {
    const checkpoint = this.#checkpoint?.checkpoint;
    return checkpoint === undefined ? RunRecorder.create(this.#options) : RunRecorder.resume(this.#options, checkpoint);
  }

  /** A new run that begins with another's checkpoint has a copy of it, so that its folder stands by itself. */
  async #saveStart({ step, dataDigest, fields, history }: Checkpoint): Promise<void> {
    const { folder, disk, prepared } = this.#options;
    const { job, state } = prepared;
    const file = checkpointFile(folder, step);
    const bytes = encodeCheckpoint(state, { job, step, dataDigest, fields, history });
    await writeFileAtomically(file, bytes, disk).catch((error: NodeJS.ErrnoException) => {
      throw new InputError(`checkpoint ${file}: cannot be written (${error.code ?? error.message})`);
    });
  }

  /** A run that resumes in its checkpoint's folder has one already. */
  get #isNew(): boolean {
    return this.#checkpoint === undefined || resolve(this.#options.folder) !== resolve(dirname(this.#checkpoint.file));
  }
}
