// CSV after RFC 4180: a header of column names, then rows of as many values; values may be quoted, and hold commas, line
// breaks and doubled quotes then. Whatever else a file holds is refused with its line, never guessed at. Packages were
// measured: udsv joins ragged rows in silence, csv-parse takes three times as long and names the line a row ends in.

import { InputError } from '../errors.ts';
import type { Table, TableRow } from './table.ts';

export interface CsvOptions {
  /** What stands between values: one character; a comma, if left out. */
  readonly delimiter?: string;
  /** Whether the first line names the columns; if not, they are called after their numbers, counted from 0. */
  readonly header?: boolean;
}

interface TextRow extends TableRow {
  readonly values: readonly string[];
}

/**
 * Parses a text; `file` is how errors call it. Empty lines are skipped.
 * @throws {InputError} naming file and line: no header, a column named twice or not at all, a row of another length, a
 *   quote that is not closed or stands where none may.
 */
export function parseCsv(text: string, file: string, { delimiter = ',', header = true }: CsvOptions = {}): Table {
  const rows = [...readRows(text.replace(/^\ufeff/, ''), file, delimiter)];
  const [first] = rows;
  if (first === undefined) {
    throw new InputError(`${file}: expected ${header ? 'a line of column names' : 'rows of values'}, found nothing`);
  }
  const columns = header ? namesIn(first, file) : [...first.values.keys()].map(String);
  if (header) rows.shift();
  for (const { line, values } of rows) {
    if (values.length === columns.length) continue;
    throw new InputError(`${file}: line ${line}: expected ${columns.length} values, found ${values.length}`);
  }
  return { file, unit: 'line', columns, rows };
}

function namesIn({ line, values: columns }: TextRow, file: string): readonly string[] {
  columns.forEach((column, index) => {
    if (column === '') throw new InputError(`${file}: line ${line}: column ${index + 1} has no name`);
    if (columns.indexOf(column) < index) throw new InputError(`${file}: line ${line}: duplicate column ${column}`);
  });
  return columns;
}

/** What stands before a value's end: a quoted value with its doubled quotes, or one without quotes. */
function valueBefore(delimiter: string): RegExp {
  const escaped = delimiter.replace(/[\\\]^-]/g, '\\$&');
  return new RegExp(`"([^"]*(?:""[^"]*)*)"|([^"${escaped}\\r\\n]*)`, 'y');
}

/** The rest of a line without quotes. */
const plainLine = /([^"\r\n]*)(\r\n|\r|\n|$)/y;

function* readRows(text: string, file: string, delimiter: string): Iterable<TextRow> {
  const value = valueBefore(delimiter);
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    plainLine.lastIndex = at;
    const plain = plainLine.exec(text);
    if (plain !== null) {
      at += plain[0].length;
      line += 1;
      const values = (plain[1] ?? '').split(delimiter).map((one) => one.trim());
      if (values.length > 1 || values[0] !== '') yield { line: start, values };
      continue;
    }
    const values: string[] = [];
    let end = delimiter;
    while (end === delimiter) {
      value.lastIndex = at;
      const [whole = '', quoted, plain = ''] = value.exec(text) ?? [];
      at += whole.length;
      line += countLineBreaks(whole);
      values.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
      end = endOfValue(text, at, delimiter, `${file}: line ${line}, value ${values.length}`);
      at += end.length;
    }
    if (end !== '') line += 1;
    if (values.length > 1 || values[0] !== '') yield { line: start, values };
  }
}

/** The delimiter or line break that follows a value; nothing at the end of the text. */
function endOfValue(text: string, at: number, delimiter: string, place: string): string {
  if (at === text.length) return '';
  if (text.startsWith('\r\n', at)) return '\r\n';
  const next = text.charAt(at);
  if (next === delimiter || next === '\n' || next === '\r') return next;
  if (text.charAt(at - 1) === '"')
    throw new InputError(
      `${place}: expected ${JSON.stringify(delimiter)} behind the closing quote, found ${JSON.stringify(next)}`,
    );
  throw new InputError(`${place}: a quote that is not closed, or in a value that does not begin with one`);
}

function countLineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
