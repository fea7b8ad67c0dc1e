// Packages that a job may need and that gradswarm does without otherwise.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError } from '../../shared/errors.ts';

/**
 * A file of an installed package, looked for from a folder, the working directory by default, and from here.
 * @throws {InputError} naming what to install.
 */
export function packageFile(name: string, file: string, neededBy: string, folder = process.cwd()): string {
  for (const from of [join(folder, 'job.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(`${name}/${file}`);
    } catch {
      // Looked for elsewhere.
    }
  }
  throw new InputError(`${neededBy}: the npm package ${name} is not installed: run npm install ${name}`);
}
