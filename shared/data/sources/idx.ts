// idx: four files in MNIST's format, plain or gzip.

import * as v from 'valibot';
import {
  classesSchema,
  defineDataSource,
  normalizationSchema,
  pathSchema,
  validationSamplesSchema,
} from './data_source.ts';

const schema = v.strictObject({
  source: v.literal('idx'),
  trainingImages: pathSchema,
  trainingLabels: pathSchema,
  testImages: pathSchema,
  testLabels: pathSchema,
  normalization: normalizationSchema,
  validationSamples: validationSamplesSchema,
  /** Number of classes; left out, the largest training label is the last class. */
  classes: v.exactOptional(classesSchema),
});

export type IdxSource = Readonly<v.InferOutput<typeof schema>>;

export const idx = defineDataSource({
  source: 'idx',
  schema,
  files: ['trainingImages', 'trainingLabels', 'testImages', 'testLabels'],
});
