// A data set from the arrays of an NPZ archive.

import { parseNpy } from '../../shared/data/npy.ts';
import { InputError } from '../../shared/errors.ts';
import { suggestion } from '../../shared/job/suggestions.ts';
import { type ArrayPart, dataSetOfArrays, type SampleArray } from './array_data_set.ts';
import { maximumDataFileBytes, readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { readZip } from './zip.ts';

export const npzLoader = defineLoader({
  source: 'npz',
  async load(
    { source, file, trainingFeatures, trainingLabels, testFeatures, testLabels, testFraction, ...rest },
    { seed },
  ) {
    const entries = new Map(
      readZip(await readDataFile(file), file).map((entry) => [entry.name.replace(/\.npy$/, ''), entry]),
    );
    const arrayOf = (name: string): SampleArray => {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new InputError(
          `${file}: has no array ${name}${suggestion(name, entries.keys())}; its arrays are ${[...entries.keys()].join(', ')}`,
        );
      }
      const { bytes, ...array } = parseNpy(entry.read(maximumDataFileBytes), `${file}: ${name}`);
      // A copy: an entry lies anywhere in the archive, which would stay in memory with it.
      return { ...array, content: bytes.slice() };
    };
    const part = (features: string, labels: string): ArrayPart => ({
      features: arrayOf(features),
      labels: arrayOf(labels),
    });
    return dataSetOfArrays({
      ...rest,
      name: source,
      training: part(trainingFeatures, trainingLabels),
      test: testFraction ?? part(testFeatures, testLabels),
      seed,
    });
  },
});
