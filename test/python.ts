// Debian's Python with its packages: what others make of our files.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's, whose packages are installed by apt-get, whatever other Python there is. */
const python = '/usr/bin/python3';

/**
 * Runs a script; the arguments are in `sys.argv[1:]`. @returns what it prints.
 * @throws naming the package that is missing.
 */
export async function runPython(script: string, given: readonly string[] = []): Promise<string> {
  const environment = { ...process.env, OMP_NUM_THREADS: '1' };
  try {
    const { stdout } = await run(python, ['-c', script, ...given], { env: environment, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const missing = /No module named '(\w+)'/.exec(stderr)?.[1];
    if (code === 'ENOENT') throw new Error('python3 is missing: install Debian’s package python3');
    if (missing !== undefined) throw new Error(`python3 lacks ${missing}: install Debian’s package python3-${missing}`);
    throw error;
  }
}
