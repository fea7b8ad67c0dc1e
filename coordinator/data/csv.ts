// A data set from CSV files on disk.

import { parseCsv } from '../../shared/data/csv.ts';
import { readTextFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { loadTables } from './table_loader.ts';

export const csvLoader = defineLoader({
  source: 'csv',
  load: ({ delimiter = ',', header = true, ...source }, options) =>
    loadTables(source, async (file) => parseCsv(await readTextFile(file), file, { delimiter, header }), options),
});
