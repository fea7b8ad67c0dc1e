// From what a job says of its data to the data.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { Job } from '../../shared/job/job.ts';
import * as registered from './registered_loaders.ts';

const loaders = Object.values(registered);

/** Bytes of samples that are kept in memory, if nobody says otherwise. */
const defaultMemory = 2 ** 31;

/**
 * Loads a job's data set.
 * @param memory bytes that samples may take in memory; files that are larger are read in place, as they are needed
 * @throws {InputError} naming the file that is missing or malformed.
 */
export async function loadDataSet(
  { data, seed }: Pick<Job, 'data' | 'seed'>,
  memory = defaultMemory,
): Promise<DataSet> {
  const loader = loaders.find((candidate) => candidate.source === data.source);
  if (loader === undefined) throw new TypeError(`there is no loader for the data source ${data.source}`);
  // Found by the source's own name, which the type of a union's members cannot say.
  return loader.load(data as never, { seed, memory });
}
