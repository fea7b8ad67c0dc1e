// Data from a module of the user's own: streams, arrays or a whole data set.

import { describe, expect, it } from 'vitest';
import { dataSetFromSamples } from '../../../shared/data/collected_data_set.ts';
import { folderOfFiles, loadFrom, numbersOf } from './folder_of_files.ts';

const described = 'features: { shape: [2] }, labels: { classes: 2 }';

const folder = folderOfFiles({
  'stream.mjs': `export function loadData({ options: { samples }, seed }) {
    async function* points() {
      for (let at = 0; at < samples; at++) yield { features: [at, seed], label: at % 2 };
    }
    return { ${described}, training: points(), test: [{ features: [7, 7], label: 1 }], validationSamples: 2 };
  }`,
  'arrays.mjs': `export const loadData = async () => ({
    ${described},
    training: { features: Float32Array.of(1, 2, 3, 4), labels: Uint8Array.of(0, 1) },
  });`,
  'broken.mjs': `export function loadData() {
    return { ${described}, training: [{ features: [1, NaN], label: 0 }] };
  }`,
  'nothing.mjs': 'export const loadData = () => undefined;',
  'partial.mjs': `export const loadData = () => ({ ${described} });`,
  'other.mjs': 'export const data = 1;',
  'torn.mjs': 'export function loadData() {',
});

const load = (module: string, options: object = {}, memory?: number) =>
  loadFrom(folder(), { source: 'module', module, options }, memory);

describe('the loader of modules', () => {
  it('reads streams to their ends, with the job’s options and seed', async () => {
    const dataSet = await load('stream.mjs', { samples: 10 });
    expect([dataSet.training.count, dataSet.validation.count, dataSet.test.count]).toEqual([8, 2, 1]);
    expect(numbersOf(dataSet, 'validation', 1).toSorted()).toEqual([0, 1]);
    expect(numbersOf(dataSet, 'training', 0).filter((_, at) => at % 2 === 1)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('leaves on disk what memory is not to hold', async () => {
    const [inMemory, onDisk] = [
      await load('stream.mjs', { samples: 100 }),
      await load('stream.mjs', { samples: 100 }, 80),
    ];
    expect([inMemory.training.reader, typeof onDisk.training.reader]).toEqual([undefined, 'function']);
    expect(onDisk.digest).toBe(inMemory.digest);
  });

  it('takes arrays, and gives what a program would get that defines a job by them', async () => {
    const dataSet = await load('arrays.mjs');
    const samples = [
      { features: [1, 2], label: 0 },
      { features: [3, 4], label: 1 },
    ];
    const same = await dataSetFromSamples({ features: { shape: [2] }, labels: { classes: 2 }, training: samples });
    expect(numbersOf(dataSet, 'training', 0)).toEqual(numbersOf(same, 'training', 0));
    expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1]);
  });

  it.each([
    ['broken.mjs', 'broken.mjs: training features: sample 0: expected finite numbers, found NaN'],
    ['nothing.mjs', 'nothing.mjs: loadData: expected features, labels and training, found undefined'],
    ['partial.mjs', 'partial.mjs: loadData: its answer has no training'],
    ['other.mjs', 'other.mjs: expected an exported function loadData, found undefined'],
    ['torn.mjs', 'torn.mjs: cannot be imported: '],
    ['nowhere.mjs', 'nowhere.mjs: no such file'],
  ])('refuses %s', async (module, message) => {
    await expect(load(module)).rejects.toThrow(message);
  });
});
