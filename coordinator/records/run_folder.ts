// A run's folder: the effective job, the options it is kept with, the ledger, and checkpoints named by their step.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job/job.ts';
import { checkpointStep, frozenFileName } from '../../shared/safetensors/weights.ts';
import { temporarySuffix, writeFileAtomically } from './atomic_write.ts';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts';
import type { CheckpointPolicy } from './checkpoint_policy.ts';
import { withFrozen } from './checkpoint_weights.ts';
import { type Disk, systemDisk } from './disk.ts';
import { isLockName } from './run_lock.ts';
import { encodeRunOptions, runOptionsFile } from './run_options.ts';

export function checkpointFile(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);
}

/** The effective job of a run. */
export function jobFile(folder: string): string {
  return join(folder, 'job.json');
}

/** The frozen weights of a run, which all its checkpoints need. */
export function frozenFile(folder: string, digest: string): string {
  return join(folder, frozenFileName(digest));
}

export function ledgerFile(folder: string): string {
  return join(folder, 'ledger.jsonl');
}

/** Makes a folder for a new run, if it is not there. @throws {InputError} if it cannot be made. */
export async function makeRunFolder(folder: string, disk: Disk = systemDisk): Promise<void> {
  await disk.makeFolder(folder).catch((error: unknown) => {
    throw cannotBeMade(folder, error);
  });
}

/**
 * Saves the effective job, whose data may have moved, and when checkpoints are written from now on.
 * @throws {InputError} if a file cannot be written.
 */
export async function updateRunFolder(
  folder: string,
  job: Job,
  policy: CheckpointPolicy,
  disk: Disk = systemDisk,
): Promise<void> {
  await updateFile(jobFile(folder), `${JSON.stringify(job, undefined, 2)}\n`, disk);
  await updateFile(runOptionsFile(folder), encodeRunOptions(policy), disk);
}

/** Writes a file unless it has this content already: a full disk is no reason not to resume a run. */
async function updateFile(file: string, text: string, disk: Disk): Promise<void> {
  const content = new TextEncoder().encode(text);
  const before = await disk.read(file).catch(() => undefined);
  if (before !== undefined && Buffer.compare(before, content) === 0) return;
  await writeFileAtomically(file, content, disk).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be written (${error.code ?? error.message})`);
  });
}

/** @throws {InputError} if there is something in the folder besides a lock: nothing is ever overwritten. */
export async function requireNewRunFolder(folder: string, disk: Disk = systemDisk): Promise<void> {
  const names = await disk.list(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw cannotBeMade(folder, error);
  });
  if (names.every((name) => isLockName(name))) return;
  throw new InputError(
    `run folder ${folder}: not empty; name another with --run, or resume this run with --resume ${folder}`,
  );
}

function cannotBeMade(folder: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new InputError(`run folder ${folder}: cannot be made (${code ?? message})`);
}

/** The steps of the checkpoints in a run's folder, the newest first. @throws {InputError} if it cannot be read. */
export async function checkpointSteps(folder: string, disk: Disk = systemDisk): Promise<readonly number[]> {
  const names = await disk.list(folder).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`run folder ${folder}: cannot be read (${error.code ?? error.message})`);
  });
  return names.flatMap((name) => checkpointStep(name) ?? []).sort((one, other) => other - one);
}

/** Removes what a crash in the middle of a write has left behind. */
export async function removeTemporaryFiles(folder: string, disk: Disk = systemDisk): Promise<void> {
  for (const name of await disk.list(folder)) {
    if (name.endsWith(temporarySuffix)) await disk.remove(join(folder, name));
  }
}

/** @throws {InputError} if it cannot be read, or is damaged. */
export async function readCheckpoint(file: string, disk: Disk = systemDisk): Promise<Checkpoint> {
  const checkpoint = decodeCheckpoint(await readWhole(file, disk), file);
  if (checkpoint.frozenDigest === undefined) return checkpoint;
  const frozen = frozenFile(dirname(file), checkpoint.frozenDigest);
  return withFrozen(checkpoint, await readWhole(frozen, disk), frozen);
}

async function readWhole(file: string, disk: Disk): Promise<Uint8Array> {
  return disk.read(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`checkpoint ${file}: cannot be read (${error.code ?? error.message})`);
  });
}

export interface FoundCheckpoint {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  /** Newer ones that are damaged: one sentence each. */
  readonly damaged: readonly string[];
}

/**
 * The newest checkpoint of a folder that verifies.
 * @param newest looks no further than this step.
 * @throws {InputError} if there is none.
 */
export async function newestCheckpoint(
  folder: string,
  { newest = Number.POSITIVE_INFINITY, disk = systemDisk }: { readonly newest?: number; readonly disk?: Disk } = {},
): Promise<FoundCheckpoint> {
  const damaged: string[] = [];
  for (const step of await checkpointSteps(folder, disk)) {
    if (step > newest) continue;
    const file = checkpointFile(folder, step);
    try {
      return { file, checkpoint: await readCheckpoint(file, disk), damaged };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      damaged.push(error.message);
    }
  }
  const [last] = damaged;
  throw new InputError(
    last === undefined
      ? `run folder ${folder}: has no checkpoint (step-….safetensors)`
      : `run folder ${folder}: every checkpoint is damaged; the newest: ${last}`,
  );
}

/** The step of the newest checkpoint of a folder that verifies; undefined if there is none. */
export async function lastWholeCheckpoint(folder: string, disk: Disk): Promise<number | undefined> {
  try {
    return (await newestCheckpoint(folder, { disk })).checkpoint.step;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/**
 * The checkpoint that a path means: the file itself, or the newest one of a run's folder that verifies.
 * @throws {InputError} if there is none, or the file named is damaged.
 */
export async function openCheckpoint(path: string): Promise<FoundCheckpoint> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw new InputError(`checkpoint ${path}: no such file or run folder`);
    },
  );
  if (isFolder) return newestCheckpoint(path);
  return { file: path, checkpoint: await readCheckpoint(path), damaged: [] };
}
