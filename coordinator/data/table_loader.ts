// From what a job states of tables to a data set; what varies is how a file is read.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { Table } from '../../shared/data/table.ts';
import { dataSetFromTables, type TableDataSetOptions } from '../../shared/data/table_data_set.ts';
import type { LoadOptions } from './data_loader.ts';
import { sha256 } from './sha256.ts';

/** What every source of tables states. */
export interface TableSource
  extends Pick<
    TableDataSetOptions,
    | 'target'
    | 'task'
    | 'features'
    | 'categories'
    | 'encoding'
    | 'missing'
    | 'missingTexts'
    | 'missingTarget'
    | 'normalization'
    | 'validationSamples'
  > {
  readonly source: string;
  readonly training: string;
  readonly test?: string;
  readonly testFraction?: number;
}

/** @throws {InputError} naming file, row and column. */
export async function loadTables(
  { source, training, test, testFraction = 0, ...rest }: TableSource,
  read: (file: string) => Promise<Table>,
  { seed }: LoadOptions,
): Promise<DataSet> {
  return dataSetFromTables({
    ...rest,
    name: source,
    training: await read(training),
    test: test === undefined ? testFraction : await read(test),
    seed,
    digestOf: sha256,
  });
}
