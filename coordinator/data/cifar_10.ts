// A data set from CIFAR-10's binary files: records of a label and 32 x 32 pixels, red, then green, then blue
// (A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009; the web page's section "Binary version").

import { join } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { type ArrayPart, dataSetOfArrays } from './array_data_set.ts';
import { readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';

const side = 32;
const pixels = side * side;
const recordBytes = 1 + 3 * pixels;

const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const trainingFiles = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);

export const cifar10Loader = defineLoader({
  source: 'cifar-10',
  async load({ source: name, folder, ...rest }, { seed }) {
    return dataSetOfArrays({
      ...rest,
      name,
      training: await readBatches(trainingFiles.map((file) => join(folder, file))),
      test: await readBatches([join(folder, 'test_batch.bin')]),
      classes: classNames.length,
      classNames,
      seed,
    });
  },
});

async function readBatches(files: readonly string[]): Promise<ArrayPart> {
  const batches: Uint8Array[] = [];
  for (const file of files) batches.push(await readBatch(file));
  const count = batches.reduce((sum, { length }) => sum + length / recordBytes, 0);
  const [images, labels] = [new Uint8Array(count * 3 * pixels), new Uint8Array(count)];
  let sample = 0;
  for (const batch of batches) {
    for (let start = 0; start < batch.length; start += recordBytes) {
      labels[sample] = batch[start] ?? 0;
      const image = images.subarray(sample * 3 * pixels, (sample + 1) * 3 * pixels);
      for (let at = 0; at < 3 * pixels; at++)
        image[at] = batch[start + 1 + (at % 3) * pixels + Math.floor(at / 3)] ?? 0;
      sample += 1;
    }
  }
  const file = files.length === 1 ? (files[0] ?? '') : `${files[0]} and those behind it`;
  return {
    features: { file, type: 'u8', shape: [count, side, side, 3], content: images },
    labels: { file, type: 'u8', shape: [count], content: labels },
  };
}

async function readBatch(file: string): Promise<Uint8Array> {
  const bytes = await readDataFile(file);
  const records = bytes.length / recordBytes;
  if (!Number.isInteger(records) || records === 0) {
    throw new InputError(`${file}: expected whole records of ${recordBytes} bytes, found ${bytes.length} bytes`);
  }
  for (let record = 0; record < records; record++) {
    const label = bytes[record * recordBytes] ?? 0;
    if (label < classNames.length) continue;
    throw new InputError(`${file}: record ${record} has label ${label}, expected 0 to ${classNames.length - 1}`);
  }
  return bytes;
}
