// The records of a run, opened where it begins or resumes.

import { dirname, join, resolve } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { writeFileAtomically } from './atomic_write.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts';
import { encodeFrozen } from './checkpoint_weights.ts';
import type { Disk } from './disk.ts';
import type { Processes } from './processes.ts';
import {
  checkpointFile,
  type FoundCheckpoint,
  frozenFile,
  makeRunFolder,
  requireNewRunFolder,
  updateRunFolder,
} from './run_folder.ts';
import { RunLock } from './run_lock.ts';
import { RunRecorder, type RunRecorderOptions } from './run_recorder.ts';

export interface RunRecordsOptions extends RunRecorderOptions {
  readonly processes: Processes;
}

export class RunRecords {
  readonly #options: RunRecordsOptions;
  readonly #checkpoint: FoundCheckpoint | undefined;
  #lock: RunLock | undefined;

  /** @param checkpoint the one that the run resumes from, if it does; the parameters are its own already. */
  constructor(options: RunRecordsOptions, checkpoint: FoundCheckpoint | undefined) {
    this.#options = options;
    this.#checkpoint = checkpoint;
  }

  /**
   * Before anything is written: a new run needs a new folder, a resumed one locks its own.
   * @throws {InputError} if the folder is not empty, or another coordinator trains in it.
   */
  async requireRoom(): Promise<void> {
    if (this.#isNew) await requireNewRunFolder(this.#options.folder, this.#options.disk);
    else await this.#acquire();
  }

  /** Makes and locks a new run's folder, or updates that of a resumed one. @throws {InputError} if that cannot be done. */
  async makeFolder(): Promise<void> {
    const { folder, prepared, policy, disk } = this.#options;
    if (this.#isNew) {
      await makeRunFolder(folder, disk);
      await this.#acquire();
      // Somebody may have begun in it since it was looked at.
      await requireNewRunFolder(folder, disk);
    }
    await updateRunFolder(folder, prepared.job, policy, disk);
    await this.#saveFrozen();
    if (this.#isNew && this.#checkpoint !== undefined) await this.#saveStart(this.#checkpoint.checkpoint);
  }

  /** Gives the folder back, if it was had; nothing may be written to it any more. */
  async release(): Promise<void> {
    await this.#lock?.release();
  }

  /** @throws {InputError} if the ledger cannot be written, or was changed. */
  open(): Promise<RunRecorder> {
    const checkpoint = this.#checkpoint?.checkpoint;
    return checkpoint === undefined ? RunRecorder.create(this.#options) : RunRecorder.resume(this.#options, checkpoint);
  }

  async #acquire(): Promise<void> {
    const { folder, disk, processes } = this.#options;
    this.#lock = await RunLock.acquire(folder, disk, processes);
  }

  /** Before any checkpoint, for they are of no use without. */
  async #saveFrozen(): Promise<void> {
    const { folder, disk, prepared } = this.#options;
    const bytes = encodeFrozen(prepared.state);
    if (bytes === undefined) return;
    const file = frozenFile(folder, prepared.state.frozenDigest ?? '');
    const names = await disk.list(folder);
    // Named after its content, and written atomically: a resumed run has it already.
    if (!names.some((name) => join(folder, name) === file)) await writeWhole(file, bytes, disk);
  }

  /** A new run that begins with another's checkpoint has a copy of it, so that its folder stands by itself. */
  async #saveStart({ step, dataDigest, fields, history }: Checkpoint): Promise<void> {
    const { folder, disk, prepared } = this.#options;
    const { job, state } = prepared;
    const file = checkpointFile(folder, step);
    const bytes = encodeCheckpoint(state, { job, step, dataDigest, fields, history });
    await writeWhole(file, bytes, disk);
  }

  /** A run that resumes in its checkpoint's folder has one already. */
  get #isNew(): boolean {
    return this.#checkpoint === undefined || resolve(this.#options.folder) !== resolve(dirname(this.#checkpoint.file));
  }
}

async function writeWhole(file: string, bytes: Uint8Array, disk: Disk): Promise<void> {
  await writeFileAtomically(file, bytes, disk).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`checkpoint ${file}: cannot be written (${error.code ?? error.message})`);
  });
}
