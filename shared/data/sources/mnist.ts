// mnist: 60,000 training and 10,000 test images of handwritten digits, from an npm package.

import * as v from 'valibot';
import { defineDataSource, normalizationSchema, validationSamplesSchema } from './data_source.ts';

const schema = v.strictObject({
  source: v.literal('mnist'),
  normalization: normalizationSchema,
  validationSamples: validationSamplesSchema,
});

export type MnistSource = Readonly<v.InferOutput<typeof schema>>;

export const mnist = defineDataSource({ source: 'mnist', schema, files: [] });
