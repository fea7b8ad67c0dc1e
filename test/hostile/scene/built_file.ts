// Where the built files are: tests run from their sources, but start processes as users do.

import { fileURLToPath } from 'node:url';

const buildFolder = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/' : '../../../', import.meta.url);

/** The path of a file under dist/. */
export function builtFile(path: string): string {
  return fileURLToPath(new URL(path, buildFolder));
}
