// CSV after RFC 4180: a header of column names, then rows of as many values; values may be quoted, and hold commas, line
// breaks and doubled quotes then. Whatever else a file holds is refused with its line, never guessed at.

import { InputError } from '../errors.ts';

export interface CsvRow {
  /** Where the row begins in its file, counted from 1. */
  readonly line: number;
  /** As many as there are columns. */
  readonly values: readonly string[];
}

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

/**
 * Parses a text; `file` is how errors call it. Empty lines are skipped.
 * @throws {InputError} naming file and line: no header, a column named twice or not at all, a row of another length, a
 *   quote that is not closed or stands where none may.
 */
export function parseCsv(text: string, file: string): CsvTable {
  const [header, ...rows] = readRows(text.replace(/^\ufeff/, ''), file);
  if (header === undefined) throw new InputError(`${file}: expected a line of column names, found nothing`);
  const columns = header.values;
  columns.forEach((column, index) => {
    if (column === '') throw new InputError(`${file}: line ${header.line}: column ${index + 1} has no name`);
    if (columns.indexOf(column) < index)
      throw new InputError(`${file}: line ${header.line}: duplicate column ${column}`);
  });
  for (const { line, values } of rows) {
    if (values.length === columns.length) continue;
    throw new InputError(`${file}: line ${line}: expected ${columns.length} values, found ${values.length}`);
  }
  return { columns, rows };
}

/** What stands before a value's end: a quoted value with its doubled quotes, or one without quotes. */
const value = /"([^"]*(?:""[^"]*)*)"|([^",\r\n]*)/y;

function* readRows(text: string, file: string): Iterable<CsvRow> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    const values: string[] = [];
    let end = ',';
    while (end === ',') {
      value.lastIndex = at;
      const [whole = '', quoted, plain = ''] = value.exec(text) ?? [];
      at += whole.length;
      line += countLineBreaks(whole);
      values.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
      end = endOfValue(text, at, `${file}: line ${line}, value ${values.length}`);
      at += end.length;
    }
    if (end !== '') line += 1;
    if (values.length > 1 || values[0] !== '') yield { line: start, values };
  }
}

/** The comma or line break that follows a value; nothing at the end of the text. */
function endOfValue(text: string, at: number, place: string): string {
  if (at === text.length) return '';
  if (text.startsWith('\r\n', at)) return '\r\n';
  const next = text.charAt(at);
  if (next === ',' || next === '\n' || next === '\r') return next;
  if (text.charAt(at - 1) === '"')
    throw new InputError(`${place}: expected "," behind the closing quote, found ${JSON.stringify(next)}`);
  throw new InputError(`${place}: a quote that is not closed, or in a value that does not begin with one`);
}

function countLineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
