// A data set from JSON on disk: lines, or a list of rows.

import { parseJsonTable } from '../../shared/data/json_table.ts';
import { readTextFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { loadTables } from './table_loader.ts';

export const jsonLoader = defineLoader({
  source: 'json',
  load(source, options) {
    const needed = source.features && [...source.features, ...[source.target].flat()];
    return loadTables(source, async (file) => parseJsonTable(await readTextFile(file), file, needed), options);
  },
});
