// Tables, whatever file they come from: named columns, and rows of as many cells whose place in the file is known.

import { InputError } from '../errors.ts';
import { suggestion } from '../job/suggestions.ts';

/** null: there is no value. */
export type Cell = string | number | boolean | null;

export interface TableRow {
  /** Where the row is in its file, counted from 1. */
  readonly line: number;
  /** As many as there are columns. */
  readonly values: readonly Cell[];
}

export interface Table {
  /** How errors call it. */
  readonly file: string;
  /** What `line` of a row counts. */
  readonly unit: 'line' | 'row';
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** A column by its name, or by its number, counted from 0. */
export type ColumnChoice = string | number;

/** @throws {InputError} if there is no such column. */
export function columnIndex({ file, columns }: Table, column: ColumnChoice): number {
  const index = typeof column === 'number' ? column : columns.indexOf(column);
  if (index >= 0 && index < columns.length) return index;
  const hint = typeof column === 'number' ? '' : suggestion(column, columns);
  const which = typeof column === 'number' ? `number ${column} (counted from 0)` : column;
  throw new InputError(`${file}: has no column ${which}${hint}; its columns are ${columns.join(', ')}`);
}

/** @throws {InputError} if there is no such column. */
export function columnName(table: Table, column: ColumnChoice): string {
  return table.columns[columnIndex(table, column)] ?? '';
}

/** An error that names file, row and column. */
export function refusal({ file, unit }: Table, { line }: TableRow, column: string, what: string): InputError {
  return new InputError(`${file}: ${unit} ${line}, column ${column}: ${what}`);
}

/** A few of many things, for an error. */
export function brief(names: readonly string[]): string {
  return names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')}, …`;
}

/** Rows at even distances, so that a table sorted by its target gives test samples of every class. */
export function heldOutRows(table: Table, share: number): { readonly training: Table; readonly test: Table } {
  const isTest = (index: number) => Math.floor((index + 1) * share) > Math.floor(index * share);
  const test = { ...table, rows: table.rows.filter((_, index) => isTest(index)) };
  const training = { ...table, rows: table.rows.filter((_, index) => !isTest(index)) };
  if (test.rows.length > 0 && training.rows.length > 0) return { training, test };
  throw new InputError(
    `${table.file}: ${share} of ${table.rows.length} rows leaves none for ${test.rows.length === 0 ? 'the test' : 'training'}`,
  );
}
