// Data files of npm packages, found where Node would look for the package: from the working directory, or from here.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packagePath } from '../../shared/data/sources/package_path.ts';
import { InputError } from '../../shared/errors.ts';

/**
 * Where a path leads; most lead to themselves.
 * @throws {InputError} saying which package to install.
 */
export function placeOf(path: string): string {
  const parts = packagePath(path);
  if (parts === undefined) return path;
  const { name, version, file } = parts;
  return join(packageFolder(name, path, version === undefined ? {} : { version }), file);
}

/**
 * The folder of an installed package.
 * @param neededBy what errors say needs it
 * @throws {InputError} saying which package to install.
 */
export function packageFolder(
  name: string,
  neededBy: string,
  { version, from = process.cwd() }: { readonly version?: string; readonly from?: string } = {},
): string {
  // Looked for by hand: a package may not export its files.
  const bases = [join(from, 'from-here.js'), import.meta.url];
  const folders = bases.flatMap((base) => createRequire(base).resolve.paths(name) ?? []);
  const folder = folders.map((one) => join(one, name)).find((one) => existsSync(join(one, 'package.json')));
  if (folder !== undefined) return folder;
  const asked = version === undefined ? name : `${name}@${version}`;
  throw new InputError(`${neededBy}: the npm package ${name} is not installed: run npm install ${asked}`);
}
