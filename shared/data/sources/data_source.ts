// What a data source is: what a job states of it, and which of its fields are paths. Its loader stands in
// coordinator/data/. Adding one is adding a file and a line to registered_sources.ts, and its loader likewise.

import * as v from 'valibot';
import { wholeNumber } from '../../json/numbers.ts';

export interface DataSourceDefinition<Schema extends v.GenericSchema<unknown, { source: string }>> {
  readonly source: v.InferOutput<Schema>['source'];
  readonly schema: Schema;
  /** Fields that are paths of files; in a job file they start at its folder. */
  readonly files: readonly (keyof v.InferOutput<Schema> & string)[];
}

/** Ties a definition's parts to its schema's type. */
export function defineDataSource<const Schema extends v.GenericSchema<unknown, { source: string }>>(
  definition: DataSourceDefinition<Schema>,
): DataSourceDefinition<Schema> {
  return definition;
}

export const pathSchema = v.pipe(v.string('expected the path of a file'), v.nonEmpty('expected the path of a file'));

/** Held out of training: samples from the end of the training samples. */
export const validationSamplesSchema = v.optional(wholeNumber(0, 2 ** 31), 0);

export const classesSchema = wholeNumber(1, 2 ** 24);
