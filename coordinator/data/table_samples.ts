// CSV, JSON and Parquet: the columns that the model was trained on, by their names; others are left aside. A category is 1
// in the column that is called after it.

import { type CsvOptions, parseCsv } from '../../shared/data/csv.ts';
import { parseJsonTable } from '../../shared/data/json_table.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { brief, columnIndex, refusal, type Table, type TableRow } from '../../shared/data/table.ts';
import { found, numberIn } from '../../shared/data/table_columns.ts';
import { elementsOf, shapeText } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { readTextFile } from './data_file.ts';
import { readParquet } from './parquet.ts';
import type { FeatureSamples, SampleFile } from './sample_file.ts';

export const table: SampleFile = {
  endings: ['.csv', '.tsv', '.json', '.jsonl', '.parquet'],
  async read(file, features, options) {
    if (features.type !== 'f32' || features.shape.length !== 1) {
      const { name, type, shape } = features;
      throw new InputError(`${file}: the model takes ${name} ${type} ${shapeText(shape)}, no rows of numbers`);
    }
    return samplesOf(await readTable(file, options), features);
  },
};

async function readTable(file: string, options: CsvOptions): Promise<Table> {
  if (file.endsWith('.parquet')) return readParquet(file);
  const text = await readTextFile(file);
  if (/\.jsonl?$/.test(file)) return parseJsonTable(text, file);
  return parseCsv(text, file, file.endsWith('.tsv') ? { ...options, delimiter: '\t' } : options);
}

/** Writes a row's features, from `at` on. */
type Column = (row: TableRow, values: Float32Array, at: number) => void;

function samplesOf(given: Table, { shape, positionNames }: FieldSpecification): FeatureSamples {
  const width = elementsOf(shape);
  const columns = columnsOf(given, positionNames ?? given.columns);
  if (positionNames === undefined && given.columns.length !== width) {
    throw new InputError(`${given.file}: has ${given.columns.length} columns, the model takes ${width} numbers`);
  }
  const values = new Float32Array(given.rows.length * width);
  given.rows.forEach((row, number) => {
    for (const write of columns) write(row, values, number * width);
  });
  const names = given.rows.map(({ line }) => `${given.file}:${line}`);
  return { names, bytes: new Uint8Array(values.buffer) };
}

/** The positions are columns of numbers, or categories, which are called `column=category`. */
function columnsOf(given: Table, positions: readonly string[]): readonly Column[] {
  const categories = new Map<string, Map<string, number>>();
  const numbers: Column[] = [];
  positions.forEach((name, position) => {
    const column = given.columns.find((one) => name.startsWith(`${one}=`));
    if (given.columns.includes(name) || column === undefined) numbers.push(numberColumn(given, name, position));
    else categories.set(column, (categories.get(column) ?? new Map()).set(name.slice(column.length + 1), position));
  });
  return [...numbers, ...[...categories].map(([column, known]) => categoryColumn(given, column, known))];
}

function numberColumn(given: Table, column: string, position: number): Column {
  const index = columnIndex(given, column);
  return (row, values, at) => {
    const cell = row.values[index] ?? null;
    const value = numberIn(cell);
    if (Number.isNaN(value)) throw refusal(given, row, column, `expected a number, found ${found(cell)}`);
    values[at + position] = value;
  };
}

function categoryColumn(given: Table, column: string, known: ReadonlyMap<string, number>): Column {
  const index = columnIndex(given, column);
  return (row, values, at) => {
    const cell = row.values[index] ?? null;
    const position = known.get(cell === null ? '' : String(cell));
    if (position === undefined) {
      throw refusal(given, row, column, `expected one of ${brief([...known.keys()])}, found ${found(cell)}`);
    }
    values[at + position] = 1;
  };
}
