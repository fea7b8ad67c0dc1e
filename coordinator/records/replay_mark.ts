// What a replay that agreed leaves in the run's folder, in replay.json: that all of it was recomputed, and to which
// parameters. It counts for these alone: a run that has gone on since, or another one, has none.

import { join } from 'node:path';
import * as v from 'valibot';
import { InputError } from '../../shared/errors.ts';
import { jobDigest } from '../../shared/job/job.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { writeFileAtomically } from './atomic_write.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Disk, systemDisk } from './disk.ts';

export interface ReplayMark {
  readonly jobDigest: string;
  /** The step that the run had come to. */
  readonly step: number;
  /** How many were recomputed: all since the run began. */
  readonly steps: number;
  /** SHA-256 (hexadecimal) of the trained parameters. */
  readonly parameters: string;
}

/** Raised when a reader of an earlier version could misread the file. */
const formatVersion = 1;

const maximumBytes = 65_536;

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const fileSchema = v.strictObject({
  format: v.literal('gradswarm replay'),
  version: v.literal(formatVersion),
  jobDigest: digest,
  step: count,
  steps: count,
  parameters: digest,
});

export function replayMarkFile(folder: string): string {
  return join(folder, 'replay.json');
}

/** @throws {InputError} if it cannot be written. */
export async function writeReplayMark(folder: string, mark: ReplayMark, disk: Disk = systemDisk): Promise<void> {
  const file = replayMarkFile(folder);
  const content: v.InferInput<typeof fileSchema> = { format: 'gradswarm replay', version: formatVersion, ...mark };
  const bytes = new TextEncoder().encode(`${JSON.stringify(content, undefined, 2)}\n`);
  await writeFileAtomically(file, bytes, disk).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be written (${error.code ?? error.message})`);
  });
}

/** What was marked is refuted; there need be no mark. @throws {InputError} if it cannot be removed. */
export async function removeReplayMark(folder: string, disk: Disk = systemDisk): Promise<void> {
  const file = replayMarkFile(folder);
  await disk.remove(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be removed (${error.code ?? error.message})`);
  });
}

/**
 * How many steps a replay has recomputed that came to a checkpoint's parameters; undefined if none has, or what the folder holds is
 * no such mark: another replay makes one.
 */
export async function replayedSteps(
  folder: string,
  { job, step, parametersDigest }: Pick<Checkpoint, 'job' | 'step' | 'parametersDigest'>,
  disk: Disk = systemDisk,
): Promise<number | undefined> {
  const file = replayMarkFile(folder);
  const bytes = await disk.read(file).catch(() => undefined);
  if (bytes === undefined || bytes.length > maximumBytes) return undefined;
  const mark = markIn(bytes, file);
  if (mark === undefined || mark.step !== step || mark.parameters !== parametersDigest) return undefined;
  return mark.jobDigest === jobDigest(job) ? mark.steps : undefined;
}

function markIn(bytes: Uint8Array, file: string): ReplayMark | undefined {
  try {
    const parsed = v.safeParse(fileSchema, parseJson(new TextDecoder().decode(bytes), file));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
