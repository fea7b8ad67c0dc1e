// Where a job's weights come from that does not begin with random ones: another checkpoint.

import * as v from 'valibot';
import { pathSchema } from '../data/sources/data_source.ts';
import { InputError } from '../errors.ts';
import { namePatternsSchema } from '../model/name_patterns.ts';

export const initializeSchema = v.pipe(
  v.strictObject({
    /** A checkpoint, a run's folder (its newest), or any safetensors file whose tensors have the names of the model's. */
    checkpoint: v.exactOptional(pathSchema),
    /** A job whose weights are meant, where whoever trains this one names their place. It says what to do, not which they are. */
    job: v.exactOptional(v.string('expected the name of a job')),
    /** SHA-256 of the weights in it: the file is a place, this is what the job depends on. Found out where it is left out. */
    digest: v.exactOptional(
      v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected the digest of the weights, 64 hexadecimal digits')),
    ),
    /** Patterns of names: tensors that begin as the seed says, whatever the file has of them. */
    except: v.exactOptional(namePatternsSchema),
  }),
  v.check(
    ({ checkpoint, job }) => checkpoint !== undefined || job !== undefined,
    'expected a checkpoint, or the job whose checkpoint is to be named',
  ),
);

export type Initialize = Readonly<v.InferOutput<typeof initializeSchema>>;

/** The place of the weights. @throws {InputError} if it is left to whoever trains the job; it says how to name one. */
export function checkpointOf({ checkpoint, job }: Initialize): string {
  if (checkpoint !== undefined) return checkpoint;
  throw new InputError(
    `initialize.checkpoint: left out: name a run of ${job}, like --set initialize.checkpoint=FOLDER (gradswarm train ${job} --run FOLDER makes one)`,
  );
}

/** The same with its path changed, if it has one. */
export function withCheckpointAt(initialize: Initialize, change: (path: string) => string): Initialize {
  const { checkpoint } = initialize;
  return checkpoint === undefined ? initialize : { ...initialize, checkpoint: change(checkpoint) };
}
