// images: PNG and JPEG files in folders, one folder for each class.

import * as v from 'valibot';
import { wholeNumber } from '../../json/numbers.ts';
import { defineDataSource, normalizationSchema, pathSchema, validationSamplesSchema } from './data_source.ts';
import { hasOneTest, oneTestMessage, testFractionSchema } from './table_source.ts';

const side = wholeNumber(1, 2 ** 14);

/** What images are brought to. */
export const imageEntries = {
  /** [height, width] that all are stretched to; left out, they must have one size. */
  size: v.exactOptional(v.tuple([side, side], 'expected [height, width] in pixels')),
  /** 1: grey, 3: colour (the default), 4: colour and opacity. */
  channels: v.optional(v.picklist([1, 3, 4]), 3),
};

const schema = v.pipe(
  v.strictObject({
    source: v.literal('images'),
    /** A folder of folders, one for each class, which is called after it. */
    training: pathSchema,
    /** A folder like it, of some or all of the classes. */
    test: v.exactOptional(pathSchema),
    /** Instead of a test folder: the share of the images, at even distances, that is held out for the test. */
    testFraction: testFractionSchema,
    ...imageEntries,
    normalization: normalizationSchema,
    validationSamples: validationSamplesSchema,
  }),
  v.check((stated) => hasOneTest(stated), oneTestMessage),
);

export const images = defineDataSource({ source: 'images', schema, files: ['training', 'test'] });
