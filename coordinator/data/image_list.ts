// A data set from images whose labels stand in a table.

import { join } from 'node:path';
import { parseCsv } from '../../shared/data/csv.ts';
import { createDataSet } from '../../shared/data/data_set.ts';
import { parseJsonTable } from '../../shared/data/json_table.ts';
import type { FieldSpecification, Samples } from '../../shared/data/samples.ts';
import { storedSamples } from '../../shared/data/stored_samples.ts';
import {
  type ColumnChoice,
  columnIndex,
  columnName,
  heldOutRows,
  refusal,
  type Table,
} from '../../shared/data/table.ts';
import { bytesOf } from '../../shared/data/table_features.ts';
import { type Targets, targetsOf } from '../../shared/data/table_targets.ts';
import { readTextFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { type ImageForm, imageForm, readImages } from './image_pixels.ts';
import { sha256 } from './sha256.ts';

export const imageListLoader = defineLoader({
  source: 'image-list',
  async load(
    { source: name, training, test, testFraction = 0, file, folder, target, task, ...rest },
    { seed, memory },
  ) {
    const columns = [target].flat();
    const whole = await readTable(training, [file, ...columns]);
    const tables =
      test === undefined
        ? heldOutRows(whole, testFraction)
        : { training: whole, test: await readTable(test, [file, ...columns]) };
    const targets = targetsOf(
      whole,
      columns.map((column) => columnName(whole, column)),
      task,
    );
    const form = await imageForm(filesIn(tables.training, file, folder)[0] ?? '', rest.channels, rest.size);
    const features = { name: 'features', type: 'u8', shape: [...form.size, form.channels] } as const;
    const fields = [features, targets.field];
    const read = (table: Table) => readRows(table, filesIn(table, file, folder), form, targets, fields, memory);
    const { normalization, validationSamples } = rest;
    const parts = { training: await read(tables.training), test: await read(tables.test) };
    return createDataSet(
      { name, fields, ...parts, validationSamples, seed, ...(normalization && { normalization }) },
      sha256,
    );
  },
});

async function readTable(file: string, needed: readonly ColumnChoice[]): Promise<Table> {
  const text = await readTextFile(file);
  return /\.(json|jsonl|ndjson)(\.gz)?$/.test(file) ? parseJsonTable(text, file, needed) : parseCsv(text, file);
}

/** @throws {InputError} naming the row that names no file. */
function filesIn(table: Table, column: ColumnChoice, folder: string): readonly string[] {
  const index = columnIndex(table, column);
  return table.rows.map((row) => {
    const name = row.values[index];
    if (typeof name === 'string' && name !== '') return join(folder, name);
    throw refusal(table, row, columnName(table, column), 'expected the name of a file');
  });
}

async function readRows(
  table: Table,
  files: readonly string[],
  form: ImageForm,
  targets: Targets,
  fields: readonly FieldSpecification[],
  memory: number,
): Promise<Samples> {
  const labels = bytesOf(targets.read(table));
  return storedSamples(files.length, fields, [await readImages(files, form, memory), labels]);
}
