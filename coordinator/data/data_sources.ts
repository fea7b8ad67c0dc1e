// From what a job says of its data to the data.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { Job } from '../../shared/job/job.ts';
import { loaders } from './registered_loaders.ts';

/** What samples may take in memory, if nobody says otherwise. */
export const defaultDataMegabytes = 2048;

/**
 * Loads a job's data set.
 * @param megabytes that samples may take in memory; what is larger is read from disk as it is needed, where its format
 *   allows
 * @throws {InputError} naming the file that is missing or malformed.
 */
export async function loadDataSet(
  { data, seed }: Pick<Job, 'data' | 'seed'>,
  megabytes = defaultDataMegabytes,
): Promise<DataSet> {
  const loader = await loaders[data.source]();
  // Found by the source's own name, which the type of a union's members cannot say.
  return loader.load(data as never, { seed, memory: megabytes * 2 ** 20 });
}
