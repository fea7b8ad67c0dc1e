// What a run's folder remembers of how the run is kept, in run.json, so that whoever resumes it need not say it again. What
// belongs to one invocation (port, host, workers) is not in it, and no secret (the token) ever is.

import { join } from 'node:path';
import * as v from 'valibot';
import { InputError } from '../../shared/errors.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import type { CheckpointPolicy } from './checkpoint_policy.ts';
import { type Disk, systemDisk } from './disk.ts';

/** Raised when a reader of an earlier version could misread the file. */
const formatVersion = 1;

const maximumBytes = 65_536;

const count = (minimum: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(minimum));

const fileSchema = v.strictObject({
  format: v.literal('gradswarm run'),
  version: v.literal(formatVersion),
  checkpoints: v.strictObject({ steps: count(0), seconds: count(0), keep: count(1) }),
});

export function runOptionsFile(folder: string): string {
  return join(folder, 'run.json');
}

/**
 * The checkpoint policy that a run's folder remembers; undefined if it remembers none.
 * @throws {InputError} naming the file and the field that is wrong.
 */
export async function rememberedPolicy(folder: string, disk: Disk = systemDisk): Promise<CheckpointPolicy | undefined> {
  const file = runOptionsFile(folder);
  const bytes = await disk.read(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new InputError(`run options ${file}: cannot be read (${error.code ?? error.message})`);
  });
  if (bytes === undefined) return undefined;
  if (bytes.length > maximumBytes) throw new InputError(`run options ${file}: ${bytes.length} bytes are too many`);
  const parsed = v.safeParse(fileSchema, parseJson(new TextDecoder().decode(bytes), file));
  if (parsed.success) return parsed.output.checkpoints;
  const field = plainText(v.getDotPath(parsed.issues[0]) ?? 'format');
  throw new InputError(`run options ${file}: ${field} is malformed; without the file the defaults apply`);
}

/** The content of the file. */
export function encodeRunOptions({ steps, seconds, keep }: CheckpointPolicy): string {
  const content: v.InferInput<typeof fileSchema> = {
    format: 'gradswarm run',
    version: formatVersion,
    checkpoints: { steps, seconds, keep },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
