// Data sources by name: the part of a job's schema that states one, and which of its fields are paths.

import * as v from 'valibot';
import { packagePath } from './package_path.ts';
import * as registered from './registered_sources.ts';

const definitions = Object.values(registered);

export const dataSourceSchema = v.variant(
  'source',
  definitions.map(({ schema }) => schema),
);

/** What a job states of its data, defaults filled in. */
export type DataSource = Readonly<v.InferOutput<typeof dataSourceSchema>>;

/** The paths of files in a source, by their fields. */
export function pathsOf(source: DataSource): ReadonlyMap<string, string> {
  const files: readonly string[] = definitions.find((definition) => definition.source === source.source)?.files ?? [];
  const paths = new Map<string, string>();
  for (const [field, value] of Object.entries(source)) {
    if (files.includes(field) && typeof value === 'string') paths.set(field, value);
  }
  return paths;
}

/** The source with every path of a file changed, but for those into packages. */
export function withPaths(source: DataSource, change: (path: string) => string): DataSource {
  const changed = [...pathsOf(source)].map(([field, path]) => [
    field,
    packagePath(path) === undefined ? change(path) : path,
  ]);
  return { ...source, ...Object.fromEntries(changed) };
}

/** What a source says of its data besides where the files are: a path is a place, not content. */
export function withoutPaths(source: DataSource): Readonly<Record<string, unknown>> {
  const paths = pathsOf(source);
  return Object.fromEntries(Object.entries(source).filter(([field]) => !paths.has(field)));
}
