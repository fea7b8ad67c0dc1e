import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../shared/data/csv.ts';
import { InputError } from '../../../shared/errors.ts';

const rowsOf = (text: string) => parseCsv(text, 'a.csv').rows.map(({ values }) => values);

describe('parseCsv', () => {
  it('reads columns and rows, with any kind of line break and the last one missing', () => {
    const table = {
      file: 'a.csv',
      unit: 'line',
      columns: ['a', 'b'],
      rows: [
        { line: 2, values: ['1', '2'] },
        { line: 3, values: ['3', '4'] },
      ],
    };
    for (const lineBreak of ['\n', '\r\n', '\r']) {
      expect(parseCsv(['a,b', '1,2', '3,4'].join(lineBreak), 'a.csv')).toEqual(table);
      expect(parseCsv(['a,b', '1,2', '3,4', ''].join(lineBreak), 'a.csv')).toEqual(table);
    }
  });

  it('takes quoted values as they are, commas, line breaks and doubled quotes among them', () => {
    expect(rowsOf('a,b\n"x, y","say ""no"""\n" 1 ",""\n"two\nlines",3')).toEqual([
      ['x, y', 'say "no"'],
      [' 1 ', ''],
      ['two\nlines', '3'],
    ]);
  });

  it('skips empty lines, trims values without quotes, and keeps empty ones', () => {
    expect(rowsOf('\ufeffa,b\n\n 1 , 2\n\n,\n')).toEqual([
      ['1', '2'],
      ['', ''],
    ]);
  });

  it('counts the lines of values that hold some', () => {
    expect(parseCsv('a,b\n"1\n\n1",2\n3,4\n', 'a.csv').rows.map(({ line }) => line)).toEqual([2, 5]);
  });

  it.each([
    ['nothing', '', 'a.csv: expected a line of column names, found nothing'],
    ['a column without a name', 'a,,c\n', 'a.csv: line 1: column 2 has no name'],
    ['two columns of a name', 'a,b,a\n', 'a.csv: line 1: duplicate column a'],
    ['a row too short', 'a,b\n1,2\n3\n', 'a.csv: line 3: expected 2 values, found 1'],
    ['a row too long', 'a,b\n1,2,3\n', 'a.csv: line 2: expected 2 values, found 3'],
    [
      'a quote that is not closed',
      'a,b\n1,"2\n3,4\n',
      'a.csv: line 2, value 2: a quote that is not closed, or in a value that does not begin with one',
    ],
    [
      'a quote within a value',
      'a,b\n1,2"3\n',
      'a.csv: line 2, value 2: a quote that is not closed, or in a value that does not begin with one',
    ],
    [
      'text behind a quote',
      'a,b\n"1"2,3\n',
      'a.csv: line 2, value 1: expected "," behind the closing quote, found "2"',
    ],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseCsv(text, 'a.csv')).toThrow(new InputError(message));
  });
});
