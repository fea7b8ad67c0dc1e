// Tables in JSON: a row on each line, or one list of rows. A row is an object of named values, or a list of values whose
// columns are called after their numbers, counted from 0. A name that a row lacks has no value there.

import { InputError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json/parse.ts';
import { type Cell, type ColumnChoice, refusal, type Table, type TableRow } from './table.ts';

interface JsonRow {
  readonly line: number;
  readonly value: JsonValue;
}

/**
 * @param needed the columns that are looked at, if it is known: only they must hold single values
 * @throws {InputError} naming file and line: text that is not JSON, rows of another kind or length, a value within a value.
 */
export function parseJsonTable(text: string, file: string, needed?: readonly ColumnChoice[]): Table {
  const isList = /^\s*\[/.test(text) && !/^\s*\[[^\n]*\]\s*\n\s*\[/.test(text);
  const unit = isList ? 'row' : 'line';
  const rows = isList ? rowsOfList(text, file) : [...rowsOfLines(text, file)];
  const [first] = rows;
  if (first === undefined) throw new InputError(`${file}: expected rows, found nothing`);
  const columns = Array.isArray(first.value) ? [...first.value.keys()].map(String) : namesIn(rows);
  const table: Table = { file, unit, columns, rows: [] };
  const isNeeded = columns.map(
    (column, index) => needed === undefined || needed.includes(column) || needed.includes(index),
  );
  return { ...table, rows: rows.map((row) => tableRow(table, row, Array.isArray(first.value), isNeeded)) };
}

function rowsOfList(text: string, file: string): readonly JsonRow[] {
  const list = parseJson(text, file);
  return Array.isArray(list) ? list.map((value: JsonValue, index) => ({ line: index + 1, value })) : [];
}

function* rowsOfLines(text: string, file: string): Iterable<JsonRow> {
  let line = 0;
  for (const one of text.replace(/^\ufeff/, '').split(/\r\n|\n/)) {
    line += 1;
    if (one.trim() !== '') yield { line, value: parseLine(one, line, file) };
  }
}

function parseLine(text: string, line: number, file: string): JsonValue {
  try {
    return parseJson(text, file);
  } catch {
    // Again, with the line where it stands in the file, so that the error names it.
    return parseJson('\n'.repeat(line - 1) + text, file);
  }
}

function namesIn(rows: readonly JsonRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ value }) => (isRecord(value) ? Object.keys(value) : [])))];
}

function tableRow(table: Table, { line, value }: JsonRow, isOfLists: boolean, isNeeded: readonly boolean[]): TableRow {
  const { file, unit, columns } = table;
  const row = { line, values: [] };
  const cell = (column: string, index: number, one: JsonValue | undefined): Cell => {
    if (one === undefined || one === null || typeof one !== 'object') return one ?? null;
    if (isNeeded[index] !== true) return null;
    throw refusal(table, row, column, `expected a single value, found ${kindOf(one)}`);
  };
  if (isOfLists && Array.isArray(value)) {
    if (value.length !== columns.length) {
      throw new InputError(`${file}: ${unit} ${line}: expected ${columns.length} values, found ${value.length}`);
    }
    return { line, values: columns.map((column, index) => cell(column, index, value[index])) };
  }
  if (!isOfLists && isRecord(value))
    return { line, values: columns.map((column, index) => cell(column, index, value[column])) };
  throw new InputError(
    `${file}: ${unit} ${line}: expected ${isOfLists ? 'a list' : 'an object'} as in the first row, found ${kindOf(value)}`,
  );
}

function isRecord(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'a list';
  return isRecord(value) ? 'an object' : JSON.stringify(value);
}
