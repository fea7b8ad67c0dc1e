// What a job states of tables, whatever the format of their files.

import * as v from 'valibot';
import { numberWhere, wholeNumber } from '../../json/numbers.ts';
import { normalizationSchema, pathSchema, validationSamplesSchema } from './data_source.ts';

const columnName = v.pipe(v.string('expected the name of a column'), v.nonEmpty('expected the name of a column'));

/** By its name, or by its number, counted from 0. */
export const columnSchema = v.union(
  [columnName, wholeNumber(0, 2 ** 20)],
  'expected the name of a column, or its number',
);

export const columnsSchema = v.pipe(
  v.array(columnSchema, 'expected a list of columns'),
  v.minLength(1, 'expected a list of columns'),
);

export const testFractionSchema = v.exactOptional(
  numberWhere('a number between 0 and 1', (value) => value > 0 && value < 1),
);

export const tableEntries = {
  /** A file; plain or gzip. */
  training: pathSchema,
  /** A file of the same columns. */
  test: v.exactOptional(pathSchema),
  /** Instead of a test file: the share of the training file's rows, at even distances, that is held out for the test. */
  testFraction: testFractionSchema,
  /** The column to predict, or several. */
  target: v.union([columnSchema, columnsSchema], 'expected the name of a column, its number, or a list of them'),
  /**
   * `classification`: the target holds whole numbers or categories. `regression`: numbers. `multi-label`: 0 or 1 in each
   * column.
   */
  task: v.optional(v.picklist(['classification', 'regression', 'multi-label']), 'classification'),
  /** The columns to learn from; all but the target, if left out. */
  features: v.exactOptional(columnsSchema),
  /** Those of them that hold categories; the others hold numbers. */
  categories: v.exactOptional(columnsSchema),
  /** Of categories: a feature for each (the default), or codes in a field of their own, for embeddings. */
  encoding: v.exactOptional(v.picklist(['one-hot', 'codes'])),
  /** A missing feature is refused (the default); or it becomes the mean of the training rows, or a category of its own. */
  missing: v.exactOptional(v.picklist(['refuse', 'mean'])),
  /** Texts that stand for a missing value; the empty one, if left out. */
  missingTexts: v.exactOptional(v.array(v.string('expected a text'), 'expected a list of texts')),
  /** A row without a target is refused (the default), or left out. */
  missingTarget: v.exactOptional(v.picklist(['refuse', 'leave-out'])),
  /** Of the columns of numbers. */
  normalization: normalizationSchema,
  validationSamples: validationSamplesSchema,
};

/** Test samples have to come from somewhere. */
export function hasOneTest({
  test,
  testFraction,
}: {
  readonly test?: unknown;
  readonly testFraction?: unknown;
}): boolean {
  return (test === undefined) !== (testFraction === undefined);
}

export const oneTestMessage = 'expected exactly one of test and testFraction';
