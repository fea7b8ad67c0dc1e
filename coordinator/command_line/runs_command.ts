// `gradswarm runs` and `gradswarm compare`: what the folders of runs say, in tables for people or JSON for machines.

import { InputError } from '../../shared/errors.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { say } from '../../shared/node/standard_output.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { systemDisk } from '../records/disk.ts';
import { type LedgerRecord, readLedger } from '../records/ledger.ts';
import { compareLedgers } from '../records/ledger_comparison.ts';
import { ledgerFile } from '../records/run_folder.ts';
import { type RunSummary, runFoldersIn, summarizeRun } from '../records/run_summary.ts';
import { comparisonJson, comparisonLines, type RunComparison } from './run_comparison.ts';
import { runsTable, summaryJson } from './runs_table.ts';
import { terminalColumns } from './standard_terminal.ts';

export interface RunsFlags {
  readonly json?: true;
}

export async function listRuns(folder: string, { json }: RunsFlags): Promise<number> {
  const summaries: RunSummary[] = [];
  let exitCode: number = exitCodes.success;
  for (const run of await runFoldersIn(folder)) {
    try {
      summaries.push(await summarizeRun(run));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      printWarning(error.message);
      exitCode = exitCodes.failure;
    }
  }
  if (json) for (const summary of summaries) say(JSON.stringify(summaryJson(summary)));
  else if (summaries.length === 0) say(`no runs in ${folder}`);
  else say(runsTable(summaries, terminalColumns()));
  return exitCode;
}

export async function compareRuns(one: string, other: string, { json }: RunsFlags): Promise<number> {
  const runs = [await summarizeRun(one), await summarizeRun(other)] as const;
  const ledgers = compareLedgers(await recordsOf(one), await recordsOf(other));
  const comparison: RunComparison = { runs, ledgers };
  if (json) say(JSON.stringify(comparisonJson(comparison)));
  else for (const line of comparisonLines(comparison)) say(line);
  return exitCodes.success;
}

/** Those that are whole, or none, with a word why. */
async function recordsOf(folder: string): Promise<readonly LedgerRecord[]> {
  const file = ledgerFile(folder);
  const content = await systemDisk.read(file).catch((error: NodeJS.ErrnoException) => {
    printWarning(`ledger ${file}: cannot be read (${error.code ?? error.message})`);
    return new Uint8Array(0);
  });
  const { records, broken } = readLedger(content);
  if (broken !== undefined) printWarning(`ledger ${file}, line ${broken.line}: ${broken.reason}`);
  return records;
}
