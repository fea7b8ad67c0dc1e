// A data set: training, validation and test samples, kept apart.

import { InputError } from '../errors.ts';
import { bytesPerSample, type FieldSpecification, type Samples } from './samples.ts';

export interface DataSet {
  readonly name: string;
  /** SHA-256 (hexadecimal) over the fields of the training, validation and test samples, in this order. */
  readonly digest: string;
  /** The features first, then the labels or targets. */
  readonly fields: readonly FieldSpecification[];
  readonly training: Samples;
  /** May be empty. */
  readonly validation: Samples;
  readonly test: Samples;
}

/**
 * Takes the last samples of the training set away for validation.
 * @throws {InputError} if that leaves nothing to train on.
 */
export function splitValidation(
  samples: Samples,
  fields: readonly FieldSpecification[],
  validationSamples: number,
): { readonly training: Samples; readonly validation: Samples } {
  const kept = samples.count - validationSamples;
  if (kept < 1) {
    throw new InputError(
      `data.validationSamples: ${validationSamples} of ${samples.count} training samples leave none to train on`,
    );
  }
  return { training: slice(samples, fields, 0, kept), validation: slice(samples, fields, kept, samples.count) };
}

function slice(samples: Samples, fields: readonly FieldSpecification[], first: number, end: number): Samples {
  return {
    count: end - first,
    fields: samples.fields.map((field, at) => {
      const specification = fields[at];
      const size = specification === undefined ? 0 : bytesPerSample(specification);
      return field.subarray(first * size, end * size);
    }),
  };
}
