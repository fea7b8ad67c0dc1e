// A data set from tables: columns of numbers and of categories are the features, one or more columns the target.

import { InputError } from '../errors.ts';
import { type DataSet, dataSetOfParts, requireTraining } from './data_set.ts';
import { type Normalization, withStandardization } from './normalization.ts';
import { type FieldSpecification, gather, type Samples } from './samples.ts';
import {
  brief,
  type ColumnChoice,
  columnIndex,
  columnName,
  heldOutRows,
  refusal,
  type Table,
  type TableRow,
} from './table.ts';
import { found, isMissing, type MissingValues } from './table_columns.ts';
import {
  bytesOf,
  type CategoryEncoding,
  type FeatureRows,
  TableFeatures,
  type TableFeaturesOptions,
} from './table_features.ts';
import { type TableTask, type Targets, targetsOf } from './table_targets.ts';
import { drawSplit } from './validation_split.ts';

export interface TableDataSetOptions {
  /** How errors and reports call it. */
  readonly name: string;
  readonly training: Table;
  /** The test samples: a table of the same columns, or the share of the training rows that is held out for them. */
  readonly test: Table | number;
  readonly target: ColumnChoice | readonly ColumnChoice[];
  readonly task: TableTask;
  /** The columns to learn from; all but the target, if left out. */
  readonly features?: readonly ColumnChoice[];
  /** Those of them that hold categories. */
  readonly categories?: readonly ColumnChoice[];
  /**
   * `one-hot`: a feature for each category, 1 where it is the row's. `codes`: a field of their own, `categories`, i32, one
   * code for each column; no two columns share a code, so that one embedding serves all.
   */
  readonly encoding?: CategoryEncoding;
  /** What becomes of a missing feature; refused, if left out. */
  readonly missing?: MissingValues;
  /** Texts that stand for a missing value; the empty one, if left out. */
  readonly missingTexts?: readonly string[];
  /** What becomes of a row whose target is missing; refused, if left out. */
  readonly missingTarget?: 'refuse' | 'leave-out';
  /** Of the columns of numbers. */
  readonly normalization?: Normalization;
  readonly validationSamples: number;
  readonly seed: number;
  /** SHA-256, hexadecimal, of chunks. */
  readonly digestOf: (chunks: Iterable<Uint8Array>) => string;
}

/**
 * Features are f32 [columns]: those of numbers first, in the order of the training table, then the one-hot categories.
 * Categories and classes are those of the training table, test rows that are held out of it and validation rows included;
 * means and statistics are those of the rows that are trained on.
 * @throws {InputError} naming file, row and column.
 */
export function dataSetFromTables(options: TableDataSetOptions): DataSet {
  const { name, seed, validationSamples, digestOf, normalization } = options;
  const targetColumns = [options.target].flat().map((column) => columnName(options.training, column));
  const notes: string[] = [];
  const whole = withTarget(options.training, targetColumns, options, notes);
  const { training, test } =
    typeof options.test === 'number'
      ? heldOutRows(whole, options.test)
      : { training: whole, test: withTarget(options.test, targetColumns, options, notes) };
  const targets = targetsOf(whole, targetColumns, options.task);
  const features = new TableFeatures(whole, featuresOf(options, targetColumns));
  const [first, ...others] = features.fields;
  const fields = [first, targets.field, ...others];
  requireTraining(name, training.rows.length, validationSamples);
  const parts = encode({ training, test, features, targets, fields, validationSamples, seed });
  const isNumber = (position: number) => position < features.numbers.length;
  return dataSetOfParts(
    {
      name,
      fields: withStandardization(fields, parts.training, normalization, isNumber),
      ...parts,
      ...(notes.length > 0 && { notes }),
    },
    digestOf,
  );
}

/** Which columns are numbers and which are categories. */
function featuresOf(options: TableDataSetOptions, targetColumns: readonly string[]): TableFeaturesOptions {
  const { training, features, encoding = 'one-hot', missing = 'refuse' } = options;
  const named = features?.map((column) => columnName(training, column));
  const both = named?.find((column) => targetColumns.includes(column));
  if (both !== undefined) throw new InputError(`data.features: ${both} is the target`);
  const columns = named ?? training.columns.filter((column) => !targetColumns.includes(column));
  if (columns.length === 0) throw new InputError(`${training.file}: has no column but the target, ${targetColumns}`);
  const categories = (options.categories ?? []).map((column) => columnName(training, column));
  const stray = categories.find((column) => !columns.includes(column));
  if (stray !== undefined) throw new InputError(`data.categories: ${stray} is none of the features`);
  return {
    numbers: columns.filter((column) => !categories.includes(column)),
    categories: columns.filter((column) => categories.includes(column)),
    encoding,
    reading: { missing, missingTexts: missingTextsOf(options) },
  };
}

function missingTextsOf({ missingTexts = [''] }: TableDataSetOptions): readonly string[] {
  return missingTexts;
}

/** The rows that have a target; whatever is left out is noted. */
function withTarget(table: Table, columns: readonly string[], options: TableDataSetOptions, notes: string[]): Table {
  const reading = { missingTexts: missingTextsOf(options) };
  const indices = columns.map((column) => columnIndex(table, column));
  const lacks = ({ values }: TableRow) => indices.some((index) => isMissing(values[index] ?? null, reading));
  const lacking = table.rows.filter(lacks);
  const [row] = lacking;
  if (row === undefined) return table;
  if (options.missingTarget !== 'leave-out') {
    const at = indices.findIndex((index) => isMissing(row.values[index] ?? null, reading));
    const hint = ' (data.missingTarget "leave-out" leaves such rows out)';
    throw refusal(
      table,
      row,
      columns[at] ?? '',
      `expected a target, found ${found(row.values[indices[at] ?? 0] ?? null)}${hint}`,
    );
  }
  const lines = brief(lacking.map(({ line }) => String(line)));
  notes.push(`${table.file}: rows left out, as they have no target: ${lacking.length} (${table.unit} ${lines})`);
  return { ...table, rows: table.rows.filter((one) => !lacks(one)) };
}

interface Encoding extends Pick<TableDataSetOptions, 'validationSamples' | 'seed'> {
  readonly training: Table;
  readonly test: Table;
  readonly features: TableFeatures;
  readonly targets: Targets;
  readonly fields: readonly FieldSpecification[];
}

/** All parts, with the means of the rows that are trained on in the place of missing numbers. */
function encode(given: Encoding): { readonly training: Samples; readonly validation: Samples; readonly test: Samples } {
  const { training, features, targets, fields, validationSamples, seed } = given;
  const labels = targets.read(training);
  const { classes } = targets.field;
  const strata = classes === undefined ? {} : { strata: { classes, classOf: (row: number) => labels[row] ?? 0 } };
  const split = drawSplit({ samples: training.rows.length, held: validationSamples, seed, ...strata });
  const rows = features.read(training);
  const means = features.means(rows, split.training, training.file);
  const samplesOf = (table: Table, read: FeatureRows, values: Float32Array | Int32Array): Samples => {
    const [first = new Uint8Array(), ...others] = features.encode(read, means);
    return { count: table.rows.length, fields: [first, bytesOf(values), ...others] };
  };
  const all = samplesOf(training, rows, labels);
  return {
    training: gather(all, fields, split.training),
    validation: gather(all, fields, split.validation),
    test: samplesOf(given.test, features.read(given.test), targets.read(given.test)),
  };
}
