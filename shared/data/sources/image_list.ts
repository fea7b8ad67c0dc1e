// image-list: PNG and JPEG files of a folder whose labels stand in a table.

import * as v from 'valibot';
import { defineDataSource, normalizationSchema, pathSchema, validationSamplesSchema } from './data_source.ts';
import { imageEntries } from './images.ts';
import { columnSchema, columnsSchema, hasOneTest, oneTestMessage, tableEntries } from './table_source.ts';

const schema = v.pipe(
  v.strictObject({
    source: v.literal('image-list'),
    /** A table, CSV or JSON: a row for each image. */
    training: pathSchema,
    /** A table like it. */
    test: v.exactOptional(pathSchema),
    /** Instead of a test table: the share of the rows, at even distances, that is held out for the test. */
    testFraction: tableEntries.testFraction,
    /** The column that names an image's file, from `folder` on. */
    file: columnSchema,
    folder: pathSchema,
    target: v.union([columnSchema, columnsSchema], 'expected the name of a column, its number, or a list of them'),
    task: tableEntries.task,
    ...imageEntries,
    normalization: normalizationSchema,
    validationSamples: validationSamplesSchema,
  }),
  v.check((stated) => hasOneTest(stated), oneTestMessage),
);

export const imageList = defineDataSource({ source: 'image-list', schema, files: ['training', 'test', 'folder'] });
