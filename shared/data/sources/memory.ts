// memory: a data set that a program hands over beside the job. The job states its digest, so that the data is part of
// the job's identity, and a run resumed with other data is refused.

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import type { DataSet } from '../data_set.ts';
import { defineDataSource } from './data_source.ts';

const schema = v.strictObject({
  source: v.literal('memory'),
  digest: v.pipe(
    v.string("expected the data set's digest"),
    v.regex(/^[0-9a-f]{64}$/, "expected the data set's digest, 64 hexadecimal digits"),
  ),
});

export type MemorySource = Readonly<v.InferOutput<typeof schema>>;

export const memory = defineDataSource({ source: 'memory', schema, files: [] });

/** What a job states of a data set that its program holds. */
export function memorySource({ digest }: Pick<DataSet, 'digest'>): MemorySource {
  return { source: 'memory', digest };
}

/**
 * @throws {InputError} if a job that was defined over a data set in memory is to be trained or measured with another;
 *   a data set loaded from the job's own source is taken as it is.
 */
export function requireDataOf(
  source: { readonly source: string },
  { name, digest }: Pick<DataSet, 'name' | 'digest'>,
): void {
  if (!v.is(schema, source) || source.digest === digest) return;
  throw new InputError(
    `data: the job was defined over a data set of digest ${source.digest}, found ${name} of ${digest}`,
  );
}
