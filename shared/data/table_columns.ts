// How the columns of a table become numbers: numbers as they are, categories as codes in the order of their first
// appearance in the training table. What does not fit is refused with its place; nothing is guessed.

import { brief, type Cell, columnIndex, refusal, type Table, type TableRow } from './table.ts';

/** What becomes of a missing value: an error, or for numbers the mean of the training rows, for categories one of their own. */
export type MissingValues = 'refuse' | 'mean';

export interface CellReading {
  readonly missing: MissingValues;
  /** Texts that stand for a missing value. */
  readonly missingTexts: readonly string[];
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A cell's number, rounded to f32; NaN if it is none. */
export function numberIn(cell: Cell): number {
  if (typeof cell === 'number' || typeof cell === 'boolean') return finite(Number(cell));
  return cell !== null && decimal.test(cell) ? finite(Number(cell)) : Number.NaN;
}

function finite(value: number): number {
  return Number.isFinite(Math.fround(value)) ? Math.fround(value) : Number.NaN;
}

export function isMissing(cell: Cell, { missingTexts }: Pick<CellReading, 'missingTexts'>): boolean {
  return cell === null || (typeof cell === 'string' && missingTexts.includes(cell));
}

/** The numbers of a column; NaN stands for missing ones, where they are allowed. */
export function readNumbers(table: Table, column: string, reading: CellReading): Float64Array {
  const index = columnIndex(table, column);
  return Float64Array.from(table.rows, (row) => {
    const cell = row.values[index] ?? null;
    const value = numberIn(cell);
    if (!Number.isNaN(value)) return value;
    if (reading.missing === 'mean' && isMissing(cell, reading)) return value;
    throw refusal(table, row, column, `expected a number, found ${found(cell)}${hintFor(cell, reading)}`);
  });
}

function hintFor(cell: Cell, reading: CellReading): string {
  if (isMissing(cell, reading)) return ` (data.missing "mean" puts the column's mean in its place)`;
  const isText = typeof cell === 'string' && /[a-z]/i.test(cell) && !/^[+-]?(nan|inf(inity)?)$/i.test(cell);
  return isText ? ' (name the column in data.categories if it holds categories)' : '';
}

/** The categories of a column, in the order of their first appearance, and the code of each. */
export class Categories {
  readonly column: string;
  readonly names: readonly string[];
  readonly #codes: ReadonlyMap<string, number>;
  readonly #reading: CellReading;

  constructor(training: Table, column: string, reading: CellReading) {
    this.column = column;
    this.#reading = reading;
    const index = columnIndex(training, column);
    const names = new Set(training.rows.map((row) => this.#nameOf(training, row, row.values[index] ?? null)));
    this.names = [...names];
    this.#codes = new Map(this.names.map((name, code) => [name, code]));
  }

  /** @throws {InputError} naming the row with a category that training does not have. */
  read(table: Table): Int32Array {
    const index = columnIndex(table, this.column);
    return Int32Array.from(table.rows, (row) => {
      const cell = row.values[index] ?? null;
      const code = this.#codes.get(this.#nameOf(table, row, cell));
      if (code !== undefined) return code;
      throw refusal(table, row, this.column, `expected one of ${brief(this.names)}, found ${found(cell)}`);
    });
  }

  #nameOf(table: Table, row: TableRow, cell: Cell): string {
    if (!isMissing(cell, this.#reading)) return String(cell);
    if (this.#reading.missing === 'mean') return '';
    throw refusal(table, row, this.column, `expected a category, found ${found(cell)}`);
  }
}

export function found(cell: Cell): string {
  return cell === null ? 'nothing' : JSON.stringify(cell);
}
