// What every run is compared with: the same job, computed by one process alone.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLedger, type StepRecord } from '../../coordinator/records/ledger.ts';
import { ledgerFile } from '../../coordinator/records/run_folder.ts';
import { digestIn, run, temporaryFolder } from './processes.ts';

/** The ledger's records of a run's steps, in order. */
export async function stepsOf(folder: string): Promise<readonly StepRecord[]> {
  const { records } = readLedger(await readFile(ledgerFile(folder)));
  return records.flatMap((record) => (record.type === 'step' ? record : []));
}

/** The SHA-256 of the parameters after each step of a run. */
export async function digestsOf(folder: string): Promise<readonly string[]> {
  return (await stepsOf(folder)).map(({ parameters }) => parameters);
}

/** The bits of an endless job, computed by one process as far as they are asked for. */
export class Reference {
  readonly #job: readonly string[];
  #digests: readonly string[] = [];

  /** @param job arguments of `train` without its length */
  constructor(job: readonly string[]) {
    this.#job = job;
  }

  /** The SHA-256 of the parameters after each of the first steps. */
  async digests(steps: number): Promise<readonly string[]> {
    // Somewhat more than is asked for, so that the next run, a little longer, needs no other.
    if (steps > this.#digests.length) this.#digests = await this.#train(Math.ceil(1.3 * steps) + 50);
    return this.#digests.slice(0, steps);
  }

  async #train(steps: number): Promise<readonly string[]> {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'run');
    const length = ['--set', 'schedule={"kind":"constant"}', '--set', `steps=${steps}`];
    const last = digestIn(await run('train', ...this.#job, ...length, '--in-process', '--run', folder));
    const digests = await digestsOf(folder);
    if (digests.length !== steps || digests.at(-1) !== last)
      throw new Error(`the ledger ends in another step: ${last}`);
    return digests;
  }
}
