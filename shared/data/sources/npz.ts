// npz: features and labels, arrays of one archive of NumPy's; samples are the first dimension.

import * as v from 'valibot';
import { arrayEntries } from './array_source.ts';
import { defineDataSource, pathSchema } from './data_source.ts';

const nameSchema = v.pipe(v.string('expected the name of an array'), v.nonEmpty('expected the name of an array'));

const schema = v.strictObject({
  source: v.literal('npz'),
  file: pathSchema,
  /** Names of arrays in the archive; the defaults are Keras's. With `testFraction` the last two are not looked at. */
  trainingFeatures: v.optional(nameSchema, 'x_train'),
  trainingLabels: v.optional(nameSchema, 'y_train'),
  testFeatures: v.optional(nameSchema, 'x_test'),
  testLabels: v.optional(nameSchema, 'y_test'),
  ...arrayEntries,
});

export const npz = defineDataSource({ source: 'npz', schema, files: ['file'] });
