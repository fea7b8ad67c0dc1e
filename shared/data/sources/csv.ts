// csv: tables with values between commas, or another character; one or more columns are the target.

import * as v from 'valibot';
import { defineDataSource } from './data_source.ts';
import { hasOneTest, oneTestMessage, tableEntries } from './table_source.ts';

const schema = v.pipe(
  v.strictObject({
    source: v.literal('csv'),
    ...tableEntries,
    /** What stands between values; a comma, if left out. */
    delimiter: v.exactOptional(v.picklist([',', ';', '\t', '|', ' '])),
    /** Whether the first line names the columns; true, if left out. Without names, columns are called 0, 1, 2, … */
    header: v.exactOptional(v.boolean()),
  }),
  v.check((stated) => hasOneTest(stated), oneTestMessage),
);

export const csv = defineDataSource({ source: 'csv', schema, files: ['training', 'test'] });
