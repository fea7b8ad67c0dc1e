// A file's samples, by what its name ends in.

import type { CsvOptions } from '../../shared/data/csv.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import * as registered from './registered_sample_files.ts';
import type { FeatureSamples, SampleFile } from './sample_file.ts';

const kinds: readonly SampleFile[] = Object.values(registered);

/** @throws {InputError} naming the file, and what of it the model cannot take. */
export function readSamples(file: string, features: FieldSpecification, options: CsvOptions): Promise<FeatureSamples> {
  const plain = file.toLowerCase().replace(/\.gz$/, '');
  const kind =
    kinds.find(({ endings }) => endings.some((ending) => plain.endsWith(ending))) ??
    kinds.find(({ endings }) => endings.length === 0);
  if (kind === undefined) throw new TypeError('no kind of file takes those without an ending');
  return kind.read(file, features, options);
}
