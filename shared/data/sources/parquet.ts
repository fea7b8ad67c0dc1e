// parquet: tables in Apache's column format.

import * as v from 'valibot';
import { defineDataSource } from './data_source.ts';
import { hasOneTest, oneTestMessage, tableEntries } from './table_source.ts';

const schema = v.pipe(
  v.strictObject({ source: v.literal('parquet'), ...tableEntries }),
  v.check((stated) => hasOneTest(stated), oneTestMessage),
);

export const parquet = defineDataSource({ source: 'parquet', schema, files: ['training', 'test'] });
