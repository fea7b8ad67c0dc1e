// Where the benchmarks find what they run: built scripts, and peers beside the sources.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's own folder: this module runs from dist/test/bench. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The peers stay here, where their packages are installed. */
const sources = `${root}test/bench/`;

export function builtScript(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}

export function peerScript(name: string): string {
  return `${sources}peers/${name}`;
}

/** Installs the peers' packages if they are missing. @throws {Error} if that fails. */
export function installPeers(): void {
  if (existsSync(`${sources}node_modules/@jax-js/jax`)) return;
  console.log('installing the peers under test/bench');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: sources, stdio: 'inherit' });
  if (status !== 0) throw new Error('the peers could not be installed: `npm ci` in test/bench says why');
}
