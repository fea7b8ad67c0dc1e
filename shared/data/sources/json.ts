// json: tables as JSON lines, or as one list of rows.

import * as v from 'valibot';
import { defineDataSource } from './data_source.ts';
import { hasOneTest, oneTestMessage, tableEntries } from './table_source.ts';

const schema = v.pipe(
  v.strictObject({ source: v.literal('json'), ...tableEntries }),
  v.check((stated) => hasOneTest(stated), oneTestMessage),
);

export const json = defineDataSource({ source: 'json', schema, files: ['training', 'test'] });
