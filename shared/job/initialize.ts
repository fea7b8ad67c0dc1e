// Where a job's weights come from that does not begin with random ones: another checkpoint.

import * as v from 'valibot';
import { pathSchema } from '../data/sources/data_source.ts';
import { namePatternsSchema } from '../model/name_patterns.ts';

export const initializeSchema = v.strictObject({
  /** A checkpoint, or any safetensors file whose tensors have the names of the model's. */
  checkpoint: pathSchema,
  /** SHA-256 of the weights in it: the file is a place, this is what the job depends on. Found out where it is left out. */
  digest: v.exactOptional(
    v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected the digest of the weights, 64 hexadecimal digits')),
  ),
  /** Patterns of names: tensors that begin as the seed says, whatever the file has of them. */
  except: v.exactOptional(namePatternsSchema),
});

export type Initialize = Readonly<v.InferOutput<typeof initializeSchema>>;
