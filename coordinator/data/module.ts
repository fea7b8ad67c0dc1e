// A data set from a module of the user's own.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CollectedDataSetOptions, dataSetFromSamples } from '../../shared/data/collected_data_set.ts';
import type { DataSet } from '../../shared/data/data_set.ts';
import { type ArrayDataSetOptions, dataSetFromArrays } from '../../shared/data/memory_data_set.ts';
import { InputError } from '../../shared/errors.ts';
import { fileSize } from './data_file.ts';
import { defineLoader, type LoadOptions } from './data_loader.ts';
import { placeOf } from './package_file.ts';
import { RecordStore } from './record_store.ts';
import { sha256 } from './sha256.ts';

/** What `loadData` of a module gets. */
export interface DataModuleRequest {
  /** As the job states them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The job's; whatever is drawn should be drawn by it. */
  readonly seed: number;
}

/** What it gives, or promises: a data set, or what `dataSetFromArrays` or `dataSetFromSamples` would be given. */
export type DataModuleAnswer = DataSet | ArrayDataSetOptions | CollectedDataSetOptions;

export const moduleLoader = defineLoader({
  source: 'module',
  async load({ module, options }, loading) {
    const loadData = await importFrom(module);
    const answer: unknown = await loadData({ options, seed: loading.seed });
    if (typeof answer !== 'object' || answer === null) {
      throw new InputError(`${module}: loadData: expected features, labels and training, found ${answer}`);
    }
    return dataSetFrom(answer as DataModuleAnswer, module, loading);
  },
});

type LoadData = (request: DataModuleRequest) => unknown;

async function importFrom(module: string): Promise<LoadData> {
  const place = resolve(placeOf(module));
  await fileSize(place);
  const exported = await import(pathToFileURL(place).href).catch((error: unknown) => {
    throw new InputError(`${module}: cannot be imported: ${error instanceof Error ? error.message : error}`);
  });
  const { loadData }: { readonly loadData?: unknown } = exported;
  if (typeof loadData === 'function') return loadData as LoadData;
  throw new InputError(`${module}: expected an exported function loadData, found ${typeof loadData}`);
}

function dataSetFrom(
  answer: DataModuleAnswer,
  name: string,
  { seed, memory }: LoadOptions,
): Promise<DataSet> | DataSet {
  if ('digest' in answer) return answer;
  for (const part of ['features', 'labels', 'training'] as const) {
    if (answer[part] === undefined) throw new InputError(`${name}: loadData: its answer has no ${part}`);
  }
  const defaults = { name, seed, digestOf: sha256 };
  const { training } = answer;
  if (Symbol.asyncIterator in training || Symbol.iterator in training) {
    const store = (bytesPerSample: number) => new RecordStore(bytesPerSample, memory);
    return dataSetFromSamples({ ...defaults, store, ...(answer as CollectedDataSetOptions) });
  }
  return dataSetFromArrays({ ...defaults, ...(answer as ArrayDataSetOptions) });
}
