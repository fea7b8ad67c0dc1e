// What the loader of a data source is: the file or line that reads what a job states.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { DataSource } from '../../shared/data/sources/source_registry.ts';

type SourceOf<Name extends DataSource['source']> = Extract<DataSource, { readonly source: Name }>;

/** What a data set depends on besides what the job states of it, and what it may cost. */
export interface LoadOptions {
  /** The job's; validation samples are drawn by it. */
  readonly seed: number;
  /** Bytes that samples may take in memory; what is larger is read from disk as it is needed, where its format allows. */
  readonly memory: number;
}

export interface DataLoader<Name extends DataSource['source']> {
  readonly source: Name;
  /**
   * Loads the data set; relative paths in `source` start at the working directory.
   * @throws {InputError} naming the file that is missing or malformed.
   */
  readonly load: (source: SourceOf<Name>, options: LoadOptions) => Promise<DataSet>;
}

export function defineLoader<const Name extends DataSource['source']>(loader: DataLoader<Name>): DataLoader<Name> {
  return loader;
}
