// A data set from CSV files on disk.

import { parseCsv } from '../../shared/data/csv.ts';
import { dataSetFromCsv, type NamedTable } from '../../shared/data/csv_data_set.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { sha256 } from './sha256.ts';

export const csvLoader = defineLoader({
  source: 'csv',
  async load({ training, test, testFraction, target, task, validationSamples }) {
    const trainingTable = await readTable(training);
    const testSamples = test === undefined ? (testFraction ?? 0) : await readTable(test);
    return dataSetFromCsv({
      training: trainingTable,
      test: testSamples,
      target,
      task,
      validationSamples,
      digestOf: sha256,
    });
  },
});

async function readTable(file: string): Promise<NamedTable> {
  return { file, ...parseCsv(decode(await readDataFile(file), file), file) };
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${file}: expected text in UTF-8, found other bytes`);
  }
}
