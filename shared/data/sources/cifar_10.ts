// cifar-10: 32 x 32 pixels in colour of ten classes, in the binary form of its authors.

import * as v from 'valibot';
import { defineDataSource, normalizationSchema, pathSchema, validationSamplesSchema } from './data_source.ts';

const schema = v.strictObject({
  source: v.literal('cifar-10'),
  /** Where `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` are, plain or gzip. */
  folder: pathSchema,
  normalization: normalizationSchema,
  validationSamples: validationSamplesSchema,
});

export const cifar10 = defineDataSource({ source: 'cifar-10', schema, files: ['folder'] });
