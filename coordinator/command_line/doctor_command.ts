// `gradswarm doctor`: what this machine can compute with, and how fast.

import { accessSync, constants } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Engine, loadEngine, type NumericsProfile } from '../../shared/engine/engine.ts';
import { createProduct, productOperations } from '../../shared/engine/matrix_product.ts';
import { InputError } from '../../shared/errors.ts';
import { availableThreads } from '../../shared/node/cpu_quota.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { instructionSetsFor, nativeLibrary } from '../../shared/node/native_library.ts';
import { describeEngine, engineKind } from '../../shared/node/node_engine.ts';
import { formatTable, threeDigits } from './table.ts';

/** Its rate is what the engine can do here at its best. */
const product = { rows: 512, inner: 512, columns: 512 };

/** Milliseconds that a rate is measured for; the fastest product counts. */
const measured = 250;

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'chrome', 'firefox', 'msedge', 'safari'];

export async function describeMachine(): Promise<number> {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  console.log(
    `machine  ${cpu?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}, ${memory} GiB of memory`,
  );
  console.log(
    `cores    ${availableParallelism()} for this process, ${cpus().length} in all; ${availableThreads()} threads by --threads auto`,
  );
  console.log(`node     ${process.version}`);
  console.log(`browser  ${browserHere() ?? 'none was found; a tab on any other machine can help too'}`);
  console.log(`engine   ${describeEngine(await engineKind('portable'))}`);
  console.log(`\n${await rateTable()}`);
  return exitCodes.success;
}

/** GFLOP/s of a product by every engine that there is. */
async function rateTable(): Promise<string> {
  const found = nativeLibrary();
  const sets = 'missing' in found ? [] : instructionSetsFor(found.library, 'portable');
  const rows: (readonly string[])[] = [];
  for (const choice of ['wasm', ...sets]) {
    rows.push([choice, await rateOf(choice, 'portable'), await rateOf(choice, 'fused')]);
  }
  return formatTable(['GFLOP/s on one core', 'portable', 'fused'], rows);
}

async function rateOf(choice: string, profile: NumericsProfile): Promise<string> {
  try {
    const kind = await engineKind(profile, choice);
    return threeDigits(rate(await loadEngine(profile, kind.kind === 'native' ? { replace: kind.replace } : {})));
  } catch (error) {
    // It has no such profile, or is not believed.
    if (error instanceof InputError) return '–';
    throw error;
  }
}

function rate(engine: Engine): number {
  const multiply = createProduct(engine, product);
  let least = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + measured; performance.now() < end; ) {
    const start = performance.now();
    multiply();
    least = Math.min(least, performance.now() - start);
  }
  return productOperations(product) / least / 1e6;
}

/** The first browser on the path. */
function browserHere(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return browsers.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
