// Data sources by name: the part of a job's schema that states one, and which of its fields are paths.

import * as v from 'valibot';
import * as registered from './registered_sources.ts';

const definitions = Object.values(registered);

export const dataSourceSchema = v.variant(
  'source',
  definitions.map(({ schema }) => schema),
);

/** What a job states of its data, defaults filled in. */
export type DataSource = Readonly<v.InferOutput<typeof dataSourceSchema>>;

/** The source with every path of a file changed, as for a job that is read from another folder. */
export function withPaths(source: DataSource, change: (path: string) => string): DataSource {
  const files: readonly string[] = definitions.find((definition) => definition.source === source.source)?.files ?? [];
  const entries = Object.entries(source).map(([key, value]) => [
    key,
    files.includes(key) && typeof value === 'string' ? change(value) : value,
  ]);
  // The same fields with values of the same types.
  return Object.fromEntries(entries) as DataSource;
}
