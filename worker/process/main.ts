// The worker's command: `gradswarm worker URL` runs it, and so does a coordinator that wants local workers.

import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { parseUrl } from './node_connection.ts';
import { type ProcessEvent, type ProcessOutcome, superviseProcesses } from './processes.ts';
import { describeOutcome, StatusLines } from './status.ts';

const exitCodes = { success: 0, failure: 1, usage: 2 } as const;

interface Flags {
  readonly processes: number;
  readonly token?: string;
  /** False for `--no-retry`. */
  readonly retry: boolean;
  readonly retryFor?: number;
  readonly quiet?: true;
}

async function work(urlText: string, flags: Flags): Promise<number> {
  const url = parseUrl(urlText).href;
  const { processes, token, quiet } = flags;
  const status = new StatusLines({ url, workers: processes });
  const stop = stopSignal();
  const outcomes = await superviseProcesses({
    url,
    processes,
    ...(token === undefined ? {} : { token }),
    retryFor: flags.retry ? (flags.retryFor ?? null) : 0,
    signal: stop,
    clock: systemClock,
    random: Math.random,
    onEvent: (worker, event) => {
      const line = lineFor(status, worker, event);
      if (line !== undefined && quiet !== true) console.log(line);
    },
  });
  return conclude(outcomes, url, quiet === true);
}

function lineFor(status: StatusLines, worker: number, event: ProcessEvent): string | undefined {
  if (event.type !== 'crashed') return status.lineFor(worker, event);
  status.forget(worker);
  const { reason, milliseconds } = event;
  return `worker process ${worker + 1} crashed (${reason}); starting it again in ${(milliseconds / 1000).toFixed(1)} s`;
}

/** Says how it ended, each way once; the first failure decides the exit code. */
function conclude(outcomes: readonly ProcessOutcome[], url: string, quiet: boolean): number {
  const said = new Set<string>();
  let exitCode: number = exitCodes.success;
  for (const outcome of outcomes) {
    const { line, failed } =
      outcome.kind === 'failed' ? { line: outcome.reason, failed: true } : describeOutcome(outcome, url);
    if (failed) exitCode = exitCodes.failure;
    if (said.has(line)) continue;
    said.add(line);
    if (failed) printError(line);
    else if (!quiet) console.log(line);
  }
  return exitCode;
}

/** Aborts at SIGINT, SIGTERM, or when a parent that watches over this process is gone; a second signal ends at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(exitCodes.failure);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (process.connected) process.on('disconnect', () => stop.abort());
  return stop.signal;
}

function printError(line: string): void {
  console.error(`${colors.red('error:')} ${line}`);
}

function parseProcesses(text: string): number {
  const processes = Number(text);
  if (!Number.isInteger(processes) || processes < 1 || processes > 1024) {
    throw new InvalidArgumentError('expected a whole number from 1 to 1024');
  }
  return processes;
}

/** Seconds to milliseconds. */
function parseRetryFor(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0) {
    throw new InvalidArgumentError('expected a number of seconds, 0 or more');
  }
  return seconds * 1000;
}

function workerCommand(onExit: (code: number) => void): Command {
  return new Command('gradswarm worker')
    .description(
      'Computes gradients for a coordinator until its run is finished; comes back when the connection is lost.',
    )
    .argument('<url>', 'where the coordinator is, like ws://192.168.1.5:8080')
    .addOption(
      new Option('-p, --processes <n>', 'worker processes')
        .argParser(parseProcesses)
        .default(availableParallelism(), 'one per core'),
    )
    .addOption(new Option('-t, --token <token>', 'the token the run asks for').env('GRADSWARM_TOKEN'))
    .option('--no-retry', 'end when the coordinator cannot be reached or the connection is lost')
    .option(
      '--retry-for <seconds>',
      'end when the coordinator was out of reach for so long (default: never)',
      parseRetryFor,
    )
    .option('-q, --quiet', 'print errors only')
    .exitOverride()
    .configureOutput({ outputError: (text) => printError(text.trim().replace(/^error: /, '')) })
    .action(async (url: string, flags: Flags) => onExit(await work(url, flags)));
}

async function main(): Promise<number> {
  let exitCode: number = exitCodes.success;
  try {
    await workerCommand((code) => {
      exitCode = code;
    }).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    if (!(error instanceof InputError)) throw error;
    printError(error.message);
    return exitCodes.usage;
  }
  return exitCode;
}

process.exitCode = await main();
// The channel to a parent that watches over this process would keep it alive.
if (process.connected) process.disconnect();
