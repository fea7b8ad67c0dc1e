// From what a job says of its data to the data.

import { resolve } from 'node:path';
import type { DataSet } from '../../shared/data/data_set.ts';
import { type DataSource, withPaths } from '../../shared/data/sources/source_registry.ts';
import * as registered from './registered_loaders.ts';

const loaders = Object.values(registered);

/**
 * Loads a job's data set; relative paths in it start at `directory`, where the job file is.
 * @throws {InputError} naming the file that is missing or malformed.
 */
export async function loadDataSet(source: DataSource, directory: string): Promise<DataSet> {
  const loader = loaders.find((candidate) => candidate.source === source.source);
  if (loader === undefined) throw new TypeError(`there is no loader for the data source ${source.source}`);
  // Found by the source's own name, which the type of a union's members cannot say.
  return loader.load(withPaths(source, (path) => resolve(directory, path)) as never);
}
