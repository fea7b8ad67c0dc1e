// A data set from NPY files on disk. Features that are too large for memory stay where they are.

import { open } from 'node:fs/promises';
import { npyPrefixBytes, parseNpy, parseNpyHeader, requireFinite, requireNpySize } from '../../shared/data/npy.ts';
import { type ArrayPart, dataSetOfArrays, recordBytes, type SampleArray } from './array_data_set.ts';
import { fileSize, readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { FileRecords } from './file_records.ts';
import { placeOf } from './package_file.ts';

export const npyLoader = defineLoader({
  source: 'npy',
  async load({ source, trainingFeatures, trainingLabels, testFeatures, testLabels, testFraction, ...rest }, options) {
    const read = async (features: string, labels: string): Promise<ArrayPart> => ({
      features: await openArray(features, options.memory),
      labels: await readArray(labels),
    });
    return dataSetOfArrays({
      ...rest,
      name: source,
      training: await read(trainingFeatures, trainingLabels),
      test:
        testFeatures === undefined || testLabels === undefined
          ? (testFraction ?? 0)
          : await read(testFeatures, testLabels),
      seed: options.seed,
    });
  },
});

async function readArray(file: string): Promise<SampleArray> {
  const { bytes: content, ...array } = parseNpy(await readDataFile(file), file);
  return { ...array, content };
}

/** Of the chunks in which a file is looked through. */
const chunkBytes = 2 ** 22;

/** @throws {InputError} if a file that is left on disk holds what is no finite number, besides all that reading refuses. */
async function openArray(file: string, memory: number): Promise<SampleArray> {
  if ((await fileSize(file)) <= memory) return readArray(file);
  const prefix = await readPrefix(file);
  // Compressed, or of a type that is converted: there is no reading it in place.
  if (prefix[0] === 0x1f && prefix[1] === 0x8b) return readArray(file);
  const header = parseNpyHeader(prefix, file);
  if (!header.isAsStored) return readArray(file);
  requireNpySize(header, await fileSize(file), file);
  const { type, shape, dataStart } = header;
  const size = recordBytes(header);
  const records = new FileRecords(file, dataStart, size);
  if (type === 'f32') requireFiniteRecords(records, shape, size, file);
  return { file, type, shape, content: records };
}

async function readPrefix(file: string): Promise<Uint8Array> {
  const handle = await open(placeOf(file));
  try {
    const prefix = new Uint8Array(npyPrefixBytes);
    const { bytesRead } = await handle.read(prefix, 0, npyPrefixBytes, 0);
    return prefix.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function requireFiniteRecords(records: FileRecords, shape: readonly number[], size: number, file: string): void {
  const count = shape[0] ?? 0;
  const atOnce = Math.max(1, Math.floor(chunkBytes / size));
  for (let first = 0; first < count; first += atOnce) {
    const indices = Uint32Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index);
    const chunk = new Uint8Array(size * indices.length);
    records.read(indices, chunk);
    requireFinite(chunk, shape, (first * size) / 4, file);
  }
}
