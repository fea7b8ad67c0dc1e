// What the loader of a data source is: the file or line that reads what a job states.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { DataSource } from '../../shared/data/sources/source_registry.ts';

type SourceOf<Name extends DataSource['source']> = Extract<DataSource, { readonly source: Name }>;

export interface DataLoader<Name extends DataSource['source']> {
  readonly source: Name;
  /**
   * Loads the data set; relative paths in `source` start at the working directory.
   * @throws {InputError} naming the file that is missing or malformed.
   */
  readonly load: (source: SourceOf<Name>) => Promise<DataSet>;
}

export function defineLoader<const Name extends DataSource['source']>(loader: DataLoader<Name>): DataLoader<Name> {
  return loader;
}
