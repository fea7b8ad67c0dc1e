// From what a job says of its data to the data.

import { resolve } from 'node:path';
import type { DataSet } from '../../shared/data/data_set.ts';
import type { DataSource } from '../../shared/job/job_schema.ts';
import { loadIdxDataSet } from './idx_data_set.ts';
import { loadMnist } from './mnist.ts';

/**
 * Loads a job's data set; relative paths in it start at `directory`, where the job file is.
 * @throws {InputError} naming the file that is missing or malformed.
 */
export function loadDataSet(source: DataSource, directory: string): Promise<DataSet> {
  switch (source.source) {
    case 'mnist':
      return loadMnist(source.validationSamples);
    case 'idx': {
      const { trainingImages, trainingLabels, testImages, testLabels, validationSamples, classes } = source;
      return loadIdxDataSet({
        name: 'idx',
        files: {
          trainingImages: resolve(directory, trainingImages),
          trainingLabels: resolve(directory, trainingLabels),
          testImages: resolve(directory, testImages),
          testLabels: resolve(directory, testLabels),
        },
        validationSamples,
        ...(classes === undefined ? {} : { classes }),
      });
    }
    default:
      throw new TypeError(`unknown data source ${String(source satisfies never)}`);
  }
}
