// The features of a table's rows: columns of numbers, and columns of categories as ones and zeros or as codes.

import { InputError } from '../errors.ts';
import type { FieldSpecification } from './samples.ts';
import type { Table } from './table.ts';
import { Categories, type CellReading, readNumbers } from './table_columns.ts';

/** `one-hot`: a feature for each category, 1 where it is the row's. `codes`: i32 in a field of their own. */
export type CategoryEncoding = 'one-hot' | 'codes';

export interface TableFeaturesOptions {
  readonly numbers: readonly string[];
  readonly categories: readonly string[];
  readonly encoding: CategoryEncoding;
  readonly reading: CellReading;
}

/** Rows as they were read: NaN stands for missing numbers. */
export interface FeatureRows {
  readonly count: number;
  /** By column. */
  readonly numbers: readonly Float64Array[];
  /** By column; no two columns share a code. */
  readonly codes: readonly Int32Array[];
}

export class TableFeatures {
  /** Columns of numbers; they are the first of the features. */
  readonly numbers: readonly string[];
  /** The features' field, and the codes' field if there is one. */
  readonly fields: readonly [FieldSpecification, ...FieldSpecification[]];
  readonly #categories: readonly { readonly categories: Categories; readonly firstCode: number }[];
  readonly #reading: CellReading;
  readonly #oneHots: number;

  /** @param training where the categories are learnt from */
  constructor(training: Table, { numbers, categories, encoding, reading }: TableFeaturesOptions) {
    this.numbers = numbers;
    this.#reading = reading;
    let codes = 0;
    this.#categories = categories.map((column) => {
      const known = { categories: new Categories(training, column, reading), firstCode: codes };
      codes += known.categories.names.length;
      return known;
    });
    const names = this.#categories.flatMap(({ categories: { column, names: all } }) =>
      all.map((name) => `${column}=${name}`),
    );
    this.#oneHots = encoding === 'one-hot' ? codes : 0;
    const positionNames = encoding === 'one-hot' ? [...numbers, ...names] : numbers;
    if (positionNames.length === 0) {
      throw new InputError(`${training.file}: has no column of numbers for the features beside codes of categories`);
    }
    const features: FieldSpecification = {
      name: 'features',
      type: 'f32',
      shape: [positionNames.length],
      positionNames,
    };
    this.fields =
      encoding === 'one-hot' || codes === 0
        ? [features]
        : [
            features,
            { name: 'categories', type: 'i32', shape: [categories.length], classes: codes, classNames: names },
          ];
  }

  /** @throws {InputError} naming file, row and column of what is neither a number nor a known category. */
  read(table: Table): FeatureRows {
    return {
      count: table.rows.length,
      numbers: this.numbers.map((column) => readNumbers(table, column, this.#reading)),
      codes: this.#categories.map(({ categories, firstCode }) =>
        categories.read(table).map((code) => code + firstCode),
      ),
    };
  }

  /** The mean of the numbers that there are in each column, over some of the rows. */
  means({ numbers }: FeatureRows, rows: Uint32Array, file: string): readonly number[] {
    return numbers.map((values, index) => {
      let [sum, count] = [0, 0];
      for (const row of rows) {
        const value = values[row] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        sum += value;
        count += 1;
      }
      if (count > 0) return Math.fround(sum / count);
      throw new InputError(`${file}: column ${this.numbers[index]}: has no value in the training rows`);
    });
  }

  /** The bytes of each field. @param means what stands in the place of missing numbers */
  encode({ count, numbers, codes }: FeatureRows, means: readonly number[]): readonly Uint8Array[] {
    const width = numbers.length + this.#oneHots;
    const features = new Float32Array(count * width);
    numbers.forEach((values, column) => {
      values.forEach((value, row) => {
        features[row * width + column] = Number.isNaN(value) ? (means[column] ?? 0) : value;
      });
    });
    if (this.#oneHots > 0) {
      for (const column of codes) {
        column.forEach((code, row) => {
          features[row * width + numbers.length + code] = 1;
        });
      }
    }
    return this.fields.length === 1 ? [bytesOf(features)] : [bytesOf(features), bytesOf(interleaved(codes, count))];
  }
}

function interleaved(columns: readonly Int32Array[], rows: number): Int32Array {
  return Int32Array.from(
    { length: rows * columns.length },
    (_, at) => columns[at % columns.length]?.[Math.floor(at / columns.length)] ?? 0,
  );
}

/** Every machine that runs WebAssembly in place stores numbers little-endian. */
export function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
