// A data set from CSV tables: one column is the target, all others are numbers and the features.

import { InputError } from '../errors.ts';
import { suggestion } from '../job/suggestions.ts';
import type { CsvRow, CsvTable } from './csv.ts';
import type { DataSet } from './data_set.ts';
import { dataSetFromArrays, type FieldValues, type MemoryDataSetOptions, type PartArrays } from './memory_data_set.ts';

/** A parsed file and how errors call it. */
export interface NamedTable extends CsvTable {
  readonly file: string;
}

export interface CsvDataSetOptions extends Pick<MemoryDataSetOptions, 'validationSamples' | 'digestOf'> {
  readonly training: NamedTable;
  /** The test samples: a table of the same columns, or the share of the training rows that is held out for them. */
  readonly test: NamedTable | number;
  /** The name of the target's column. */
  readonly target: string;
  /** What the target's values are: whole numbers or categories, or numbers to regress on. */
  readonly task: 'classification' | 'regression';
}

/**
 * Features are f32 [columns - 1], in the order of the training file's columns. Labels that are all whole numbers of at
 * least 0 are classes as they are; others are categories, numbered in the order of their first appearance in the training
 * file.
 * @throws {InputError} naming file, line and column.
 */
export function dataSetFromCsv({ training, test, target, task, ...rest }: CsvDataSetOptions): DataSet {
  requireColumn(training, target);
  const columns = training.columns.filter((column) => column !== target);
  if (columns.length === 0) throw new InputError(`${training.file}: has no column but the target, ${target}`);
  const labelOf = task === 'regression' ? undefined : classesOf(training, target);
  const tables = typeof test === 'number' ? heldOut(training, test) : { training, test };
  const arraysOf = (table: NamedTable): PartArrays => ({
    features: featuresOf(table, columns),
    labels: labelOf === undefined ? featuresOf(table, [target]) : labelOf.read(table),
  });
  return dataSetFromArrays({
    ...rest,
    name: 'csv',
    features: { shape: [columns.length] },
    labels: labelOf === undefined ? {} : { classes: labelOf.classes },
    training: arraysOf(tables.training),
    test: arraysOf(tables.test),
  });
}

function requireColumn({ file, columns }: NamedTable, column: string): number {
  const index = columns.indexOf(column);
  if (index !== -1) return index;
  throw new InputError(
    `${file}: has no column ${column}${suggestion(column, columns)}; its columns are ${columns.join(', ')}`,
  );
}

/** Rows at even distances, so that a file sorted by its target gives test samples of every class. */
function heldOut(table: NamedTable, share: number): { readonly training: NamedTable; readonly test: NamedTable } {
  const isTest = (index: number) => Math.floor((index + 1) * share) > Math.floor(index * share);
  const test = { ...table, rows: table.rows.filter((_, index) => isTest(index)) };
  const training = { ...table, rows: table.rows.filter((_, index) => !isTest(index)) };
  if (test.rows.length > 0 && training.rows.length > 0) return { training, test };
  throw new InputError(
    `${table.file}: ${share} of ${table.rows.length} rows leaves none for ${test.rows.length === 0 ? 'the test' : 'training'}`,
  );
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function featuresOf(table: NamedTable, columns: readonly string[]): Float32Array {
  const places = columns.map((column) => ({ column, index: requireColumn(table, column) }));
  const values = new Float32Array(table.rows.length * columns.length);
  table.rows.forEach((row, number) => {
    places.forEach(({ column, index }, position) => {
      const text = row.values[index] ?? '';
      const value = decimal.test(text) ? Math.fround(Number(text)) : Number.NaN;
      if (!Number.isFinite(value))
        throw refusal(table, row, column, `expected a number, found ${JSON.stringify(text)}`);
      values[number * columns.length + position] = value;
    });
  });
  return values;
}

interface Classes {
  readonly classes: number;
  readonly read: (table: NamedTable) => FieldValues;
}

const wholeNumber = /^\d{1,7}$/;

function classesOf(training: NamedTable, target: string): Classes {
  const at = requireColumn(training, target);
  const labels = training.rows.map(({ values }) => values[at] ?? '');
  const areNumbers = labels.every((label) => wholeNumber.test(label));
  const numbers = areNumbers
    ? new Map(labels.map((label) => [label, Number(label)]))
    : new Map([...new Set(labels)].map((label, index) => [label, index]));
  const classes = 1 + [...numbers.values()].reduce((largest, number) => Math.max(largest, number), 0);
  return {
    classes,
    read(table) {
      const index = requireColumn(table, target);
      return Int32Array.from(table.rows, (row) => {
        const label = row.values[index] ?? '';
        const number = areNumbers && wholeNumber.test(label) ? Number(label) : numbers.get(label);
        if (number !== undefined && number < classes && label !== '') return number;
        const expected = areNumbers
          ? `a whole number from 0 to ${classes - 1}`
          : `one of ${brief([...numbers.keys()])}`;
        throw refusal(table, row, target, `expected ${expected}, found ${JSON.stringify(label)}`);
      });
    },
  };
}

function brief(labels: readonly string[]): string {
  return labels.length <= 10 ? labels.join(', ') : `${labels.slice(0, 10).join(', ')}, …`;
}

function refusal({ file }: NamedTable, { line }: CsvRow, column: string, what: string): InputError {
  return new InputError(`${file}: line ${line}, column ${column}: ${what}`);
}
