// A data set from Parquet files on disk.

import * as zlib from 'node:zlib';
import { parquetMetadata, parquetRead, parquetSchema } from 'hyparquet';
import { type Cell, refusal, type Table } from '../../shared/data/table.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { loadTables } from './table_loader.ts';

export const parquetLoader = defineLoader({
  source: 'parquet',
  load: (source, options) => loadTables(source, readParquet, options),
});

/** Of the codecs besides Snappy, those that Node brings. */
const compressors = {
  GZIP: (bytes: Uint8Array) => zlib.gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array) => zlib.brotliDecompressSync(bytes),
  // From Node 22.15 on.
  ...('zstdDecompressSync' in zlib && {
    ZSTD: zlib.zstdDecompressSync as (bytes: Uint8Array) => Uint8Array,
  }),
};

export async function readParquet(path: string): Promise<Table> {
  const bytes = await readDataFile(path);
  const { columns, rows } = await decode(bytes, path);
  const table: Table = { file: path, unit: 'row', columns, rows: [] };
  return {
    ...table,
    rows: rows.map((values, index) => {
      const row = { line: index + 1, values: [] };
      return { ...row, values: columns.map((column, at) => cellOf(values[at], table, row, column)) };
    }),
  };
}

async function decode(
  bytes: Uint8Array,
  path: string,
): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] }> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(buffer);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    let rows: readonly (readonly unknown[])[] = [];
    await parquetRead({
      file: buffer,
      metadata,
      compressors,
      rowFormat: 'array',
      onComplete(read) {
        rows = read;
      },
    });
    if (rows.length !== Number(metadata.num_rows)) throw new Error(`${metadata.num_rows} rows, found ${rows.length}`);
    return { columns, rows };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^parquet /, '') : String(error);
    throw new InputError(`${path}: cannot be read as Parquet: ${reason}`);
  }
}

function cellOf(value: unknown, table: Table, row: Table['rows'][number], column: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  const kind = value instanceof Date ? 'a date' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw refusal(table, row, column, `expected a number, a text, true or false, found ${kind}`);
}
