// A data set from four IDX files: training and test, images and labels.

import { checkLabels, createDataSet, type DataSet } from '../../shared/data/data_set.ts';
import { classesOf, idxSamples, type NamedIdx, parseIdx } from '../../shared/data/idx.ts';
import type { Normalization } from '../../shared/data/normalization.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { sha256 } from './sha256.ts';

export interface IdxFiles {
  readonly trainingImages: string;
  readonly trainingLabels: string;
  readonly testImages: string;
  readonly testLabels: string;
}

export interface IdxDataSetOptions {
  readonly name: string;
  /** Plain or gzip-compressed. */
  readonly files: IdxFiles;
  readonly validationSamples: number;
  /** What the validation samples are drawn by; 1 if left out. */
  readonly seed?: number;
  readonly normalization?: Normalization;
  /** Number of classes; left out, the largest training label is the last class. */
  readonly classes?: number;
  /** Looks at the raw training images before anything else is done with them. */
  readonly checkTrainingImages?: (bytes: Uint8Array, file: string) => void;
}

/** @throws {InputError} naming the file that is missing, malformed or does not fit the others. */
export async function loadIdxDataSet(options: IdxDataSetOptions): Promise<DataSet> {
  const { name, files, validationSamples, seed = 1 } = options;
  const [trainingImages, trainingLabels, testImages, testLabels] = await Promise.all([
    readIdx(files.trainingImages, options.checkTrainingImages),
    readIdx(files.trainingLabels),
    readIdx(files.testImages),
    readIdx(files.testLabels),
  ]);
  const training = idxSamples(trainingImages, trainingLabels);
  const test = idxSamples(testImages, testLabels);
  training.fields.forEach((field, number) => {
    const other = test.fields[number];
    if (field.type !== other?.type || field.shape.join() !== other.shape.join()) {
      throw new InputError(
        `${(number === 0 ? testImages : testLabels).file}: each ${field.name} is [${other?.shape.join(', ')}] ${other?.type}, in training [${field.shape.join(', ')}] ${field.type}`,
      );
    }
  });
  const [image, label] = training.fields;
  // Fractions are to regress on.
  const classes = label.type === 'f32' ? {} : { classes: options.classes ?? classesOf(trainingLabels) };
  // The data set checks its labels too; here the file can be named.
  for (const { file, tensor } of [trainingLabels, testLabels])
    checkLabels(file, { ...label, ...classes }, tensor.bytes);
  return createDataSet(
    {
      name,
      fields: [image, { ...label, ...classes }],
      training: training.samples,
      test: test.samples,
      validationSamples,
      seed,
      ...(options.normalization !== undefined && { normalization: options.normalization }),
    },
    sha256,
  );
}

export const idxLoader = defineLoader({
  source: 'idx',
  load: ({ source: name, trainingImages, trainingLabels, testImages, testLabels, ...rest }, { seed }) =>
    loadIdxDataSet({ name, files: { trainingImages, trainingLabels, testImages, testLabels }, ...rest, seed }),
});

async function readIdx(file: string, check?: (bytes: Uint8Array, file: string) => void): Promise<NamedIdx> {
  const bytes = await readDataFile(file);
  check?.(bytes, file);
  return { file, tensor: parseIdx(bytes, file) };
}
