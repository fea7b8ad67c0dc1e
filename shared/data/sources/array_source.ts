// What a job states of features and labels that are arrays, besides where they are.

import * as v from 'valibot';
import { classesSchema, normalizationSchema, validationSamplesSchema } from './data_source.ts';
import { testFractionSchema } from './table_source.ts';

export const arrayEntries = {
  /** Instead of test arrays: the share of the samples, at even distances, that is held out for the test. */
  testFraction: testFractionSchema,
  /** `classification`, if labels are whole numbers; `regression`, if they are not; unless it is stated. */
  task: v.exactOptional(v.picklist(['classification', 'regression'])),
  /** Number of classes; left out, the largest training label is the last class. */
  classes: v.exactOptional(classesSchema),
  normalization: normalizationSchema,
  validationSamples: validationSamplesSchema,
};
