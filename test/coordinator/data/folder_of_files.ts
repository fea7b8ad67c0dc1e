// A folder of data files for a test file, and jobs' statements loaded from it.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll } from 'vitest';
import { loadDataSet } from '../../../coordinator/data/data_sources.ts';
import type { DataSet } from '../../../shared/data/data_set.ts';
import { elementsIn, type Samples, wholeField } from '../../../shared/data/samples.ts';
import { dataSourceSchema, withPaths } from '../../../shared/data/sources/source_registry.ts';

/** Writes files, by their names, before the tests of the file that calls it; the result is where they are. */
export function folderOfFiles(files: Readonly<Record<string, string | Uint8Array>>): () => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));
  return () => folder;
}

/** What a job with this `data` would train on; paths start at the folder. @param bytes that samples may take in memory */
export async function loadFrom(
  folder: string,
  stated: Readonly<Record<string, unknown>>,
  bytes?: number,
): Promise<DataSet> {
  const data = withPaths(v.parse(dataSourceSchema, stated), (path) => join(folder, path));
  return loadDataSet({ data, seed: 1 }, bytes === undefined ? undefined : bytes / 2 ** 20);
}

/** A field's elements as numbers. */
export function numbersOf(
  dataSet: DataSet,
  part: 'training' | 'validation' | 'test',
  field: number,
): readonly number[] {
  const samples: Samples = dataSet[part];
  const bytes = wholeField(samples, dataSet.fields, field);
  const { type = 'u8' } = dataSet.fields[field] ?? {};
  const at = elementsIn(type, bytes);
  return Array.from({ length: type === 'u8' ? bytes.length : bytes.length / 4 }, (_, index) => at(index));
}
