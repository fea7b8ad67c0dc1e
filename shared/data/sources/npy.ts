// npy: features and labels, each an array in a file of NumPy's; samples are the first dimension.

import * as v from 'valibot';
import { arrayEntries } from './array_source.ts';
import { defineDataSource, pathSchema } from './data_source.ts';

const schema = v.pipe(
  v.strictObject({
    source: v.literal('npy'),
    trainingFeatures: pathSchema,
    trainingLabels: pathSchema,
    testFeatures: v.exactOptional(pathSchema),
    testLabels: v.exactOptional(pathSchema),
    ...arrayEntries,
  }),
  v.check(
    ({ testFeatures, testLabels, testFraction }) =>
      (testFeatures === undefined) === (testLabels === undefined) &&
      (testFeatures === undefined) !== (testFraction === undefined),
    'expected either testFeatures and testLabels, or testFraction',
  ),
);

export const npy = defineDataSource({
  source: 'npy',
  schema,
  files: ['trainingFeatures', 'trainingLabels', 'testFeatures', 'testLabels'],
});
