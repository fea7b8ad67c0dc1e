// IDX: all samples of a file as MNIST's.

import { parseIdx } from '../../shared/data/idx.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { elementsOf, shapeText } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';
import type { FeatureSamples, SampleFile } from './sample_file.ts';

export const idx: SampleFile = { endings: [], read: readTensor };

async function readTensor(file: string, { name, type, shape }: FieldSpecification): Promise<FeatureSamples> {
  const found = parseIdx(await readDataFile(file), file);
  const [count = 0, ...own] = found.shape;
  // A file of grey images does not say that they have one channel.
  if (found.type !== type || elementsOf(own) !== elementsOf(shape) || own[0] !== (shape[0] ?? own[0])) {
    throw new InputError(
      `${file}: holds ${found.type} ${shapeText(own)} for each sample, the model takes ${name} ${type} ${shapeText(shape)}`,
    );
  }
  return { names: Array.from({ length: count }, (_, sample) => `${file}:${sample}`), bytes: found.bytes };
}
