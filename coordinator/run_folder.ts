// A run's folder: the effective job, and checkpoints named by their step.

import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../shared/errors.ts';
import { writeFileAtomically } from './files/atomic_write.ts';

const checkpointName = /^step-(\d+)\.safetensors$/;

function checkpointFile(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);
}

/**
 * Makes a new run's folder and saves the effective job in it.
 * @throws {InputError} if the folder has something in it already: nothing is ever overwritten.
 */
export async function createRunFolder(folder: string, job: unknown): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`run folder ${folder}: cannot be made (${error.code ?? error.message})`);
  });
  if ((await readdir(folder)).length > 0) {
    throw new InputError(
      `run folder ${folder}: not empty; name another with --run, or go on with it by --resume ${folder}`,
    );
  }
  await writeFileAtomically(
    join(folder, 'job.json'),
    new TextEncoder().encode(`${JSON.stringify(job, undefined, 2)}\n`),
  );
}

/** Writes a run's checkpoints, one after the other; a full disk or the like costs a checkpoint, never the run. */
export class CheckpointSaver {
  readonly #folder: string;
  readonly #onFailed: (line: string) => void;
  #last: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(folder: string, onFailed: (line: string) => void) {
    this.#folder = folder;
    this.#onFailed = onFailed;
  }

  save(step: number, bytes: Uint8Array): void {
    this.#last = this.#last.then(() => this.#write(checkpointFile(this.#folder, step), bytes));
  }

  /** The file last asked for, once it is written; undefined if it could not be. */
  lastSaved(): Promise<string | undefined> {
    return this.#last;
  }

  async #write(file: string, bytes: Uint8Array): Promise<string | undefined> {
    try {
      await writeFileAtomically(file, bytes);
      return file;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#onFailed(`checkpoint ${file} could not be written (${code ?? message}); training goes on`);
      return undefined;
    }
  }
}

/** The checkpoints in a run's folder, the newest first. */
export async function listCheckpoints(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`run folder ${folder}: cannot be read (${error.code ?? error.message})`);
  });
  return names
    .flatMap((name) => {
      const step = checkpointName.exec(name)?.[1];
      return step === undefined ? [] : [{ name, step: Number(step) }];
    })
    .sort((one, other) => other.step - one.step)
    .map(({ name }) => join(folder, name));
}

/** The bytes of a checkpoint: the file itself, or the newest one of a run's folder. */
export async function readCheckpointFile(path: string): Promise<{ readonly file: string; readonly bytes: Uint8Array }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw new InputError(`checkpoint ${path}: no such file or run folder`);
    },
  );
  const file = isFolder ? (await listCheckpoints(path))[0] : path;
  if (file === undefined) throw new InputError(`run folder ${path}: has no checkpoint (step-….safetensors)`);
  return { file, bytes: await readFile(file) };
}
