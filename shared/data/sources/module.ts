// module: data that a program of the user's gives, a module that exports `loadData`. What it gives is content, and has the
// data set's digest; the module itself is a place, like a file.

import * as v from 'valibot';
import { defineDataSource, pathSchema } from './data_source.ts';

const schema = v.strictObject({
  source: v.literal('module'),
  /** A JavaScript module; it runs in the coordinator's process with all its rights. */
  module: pathSchema,
  /** What it is given, besides the seed. */
  options: v.optional(v.record(v.string(), v.unknown()), {}),
});

export const dataModule = defineDataSource({ source: 'module', schema, files: ['module'] });
