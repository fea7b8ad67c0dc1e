// Files with samples to predict: what is read of them is what the model was trained on, the features' field. Adding a kind
// of file is adding a file and a line to registered_sample_files.ts.

import type { CsvOptions } from '../../shared/data/csv.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';

export interface FeatureSamples {
  /** What each sample is called: its file, or the row in it. */
  readonly names: readonly string[];
  /** Sample after sample, as the field stores them. */
  readonly bytes: Uint8Array;
}

export interface SampleFile {
  /** What the files' names end in; without any, all that no other kind takes. */
  readonly endings: readonly string[];
  /** @throws {InputError} naming the file, and what of it the model cannot take. */
  readonly read: (file: string, features: FieldSpecification, options: CsvOptions) => Promise<FeatureSamples>;
}
