// csv: tables of numbers, one column of which is the target.

import * as v from 'valibot';
import { numberWhere } from '../../json/numbers.ts';
import { defineDataSource, pathSchema, validationSamplesSchema } from './data_source.ts';

const schema = v.pipe(
  v.strictObject({
    source: v.literal('csv'),
    /** A file with a header; plain or gzip. */
    training: pathSchema,
    /** A file of the same columns. */
    test: v.exactOptional(pathSchema),
    /** Instead of a test file: the share of the training file's rows, at even distances, that is held out for the test. */
    testFraction: v.exactOptional(numberWhere('a number between 0 and 1', (value) => value > 0 && value < 1)),
    /** The name of the column to predict; all others are features. */
    target: v.pipe(v.string('expected the name of a column'), v.nonEmpty('expected the name of a column')),
    /** `classification`: the target holds whole numbers or categories. `regression`: numbers. */
    task: v.optional(v.picklist(['classification', 'regression']), 'classification'),
    validationSamples: validationSamplesSchema,
  }),
  v.check(
    ({ test, testFraction }) => (test === undefined) !== (testFraction === undefined),
    'expected exactly one of test and testFraction',
  ),
);

export const csv = defineDataSource({ source: 'csv', schema, files: ['training', 'test'] });
