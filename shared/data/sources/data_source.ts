// What a data source is: what a job states of it, and which of its fields are paths. Its loader stands in
// coordinator/data/. Adding one is adding a file and a line to registered_sources.ts, and its loader likewise.

import * as v from 'valibot';
import { numberWhere, wholeNumber } from '../../json/numbers.ts';

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

/** Held out of training: drawn by the job's seed, of each class as many as is its share. */
export const validationSamplesSchema = v.optional(wholeNumber(0, 2 ** 31), 0);

export const classesSchema = wholeNumber(1, 2 ** 24);

const statistic = (expected: string, holds: (value: number) => boolean) => {
  const one = numberWhere(expected, (value) => Number.isFinite(Math.fround(value)) && holds(Math.fround(value)));
  return v.union([one, v.pipe(v.array(one), v.minLength(1))], `expected ${expected}, or a list of such numbers`);
};

/** How features are normalized in front of the first layer; left out, bytes become 0 to 1 and numbers stay as they are. */
export const normalizationSchema = v.exactOptional(
  v.union(
    [
      v.picklist(['standard', 'range']),
      v.strictObject({
        mean: statistic('a number', () => true),
        deviation: statistic('a number above 0', (value) => value > 0),
      }),
    ],
    'expected "standard", "range", or an object of mean and deviation: numbers, or a list for the last dimension',
  ),
);
