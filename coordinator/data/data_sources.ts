// From what a job says of its data to the data.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { DataSource } from '../../shared/data/sources/source_registry.ts';
import * as registered from './registered_loaders.ts';

const loaders = Object.values(registered);

/**
 * Loads a job's data set.
 * @throws {InputError} naming the file that is missing or malformed.
 */
export async function loadDataSet(source: DataSource): Promise<DataSet> {
  const loader = loaders.find((candidate) => candidate.source === source.source);
  if (loader === undefined) throw new TypeError(`there is no loader for the data source ${source.source}`);
  // Found by the source's own name, which the type of a union's members cannot say.
  return loader.load(source as never);
}
