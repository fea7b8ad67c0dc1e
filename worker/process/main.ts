// The worker's command: `gradswarm worker URL` runs it, and so does a coordinator that wants local workers.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { runCommand, runProgram } from '../../shared/node/command.ts';
import { addEngineOption } from '../../shared/node/engine_choice.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { integer, seconds } from '../../shared/node/flags.ts';
import { onParentGone } from '../../shared/node/parent_process.ts';
import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { printError, printWarning } from '../../shared/node/terminal.ts';
import { isThisMachine } from '../../shared/node/this_machine.ts';
import { type ThreadCount, threadsOf, threadsOption } from '../../shared/node/thread_flag.ts';
import { addTokenOptions } from '../../shared/node/token_flags.ts';
import { parseUrl } from './coordinator_url.ts';
import { addLimitOptions, limitsFrom } from './limit_flags.ts';
import { type ProcessOutcome, superviseProcesses } from './processes.ts';
import { describeOutcome, type StatusLine, StatusLines } from './status.ts';
import { trustIn } from './tls_trust.ts';
import { addVolunteerOptions, type VolunteerFlags, volunteerOf } from './volunteer_flags.ts';

interface Flags extends VolunteerFlags {
  readonly processes: number;
  readonly threads: ThreadCount;
  readonly token?: string;
  /** A file of certificates that are trusted instead of the system's. */
  readonly ca?: string;
  /** False for `--no-retry`. */
  readonly retry: boolean;
  /** Milliseconds. */
  readonly retryFor?: number;
  readonly quiet?: true;
  /** Those of limits, and whatever else there is. */
  readonly [name: string]: unknown;
}

async function work({ href: url, protocol, hostname }: URL, flags: Flags): Promise<number> {
  const { processes, token, ca, quiet = false } = flags;
  const threads = threadsOf(flags.threads, processes);
  if (token !== undefined && protocol === 'ws:' && !isThisMachine(hostname)) {
    printWarning(`the token travels to ${hostname} unencrypted: whoever is on the way can read it; wss:// encrypts`);
  }
  const status = new StatusLines({ url, workers: processes });
  const outcomes = await superviseProcesses({
    url,
    processes,
    threads,
    ...(token === undefined ? {} : { token }),
    volunteer: volunteerOf(flags),
    limits: limitsFrom(flags),
    ...(ca === undefined ? {} : { ca }),
    retryFor: flags.retry ? (flags.retryFor ?? null) : 0,
    signal: stopSignal(),
    clock: systemClock,
    random: Math.random,
    onEvent: (worker, event) => print(status.lineFor(worker, event), quiet),
  });
  return conclude(outcomes, url, quiet);
}

/** Trouble is worth a line even where nothing else is wanted: retrying may never mend it. */
function print(line: StatusLine | undefined, quiet: boolean): void {
  if (line === undefined) return;
  if (!quiet) console.log(line.text);
  else if (line.isTrouble) printWarning(line.text);
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

/** Aborts as `onStopSignal` says, and when a parent that watches over this process is gone. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  onParentGone(() => stop.abort());
  return stop.signal;
}

function workerCommand(): Command {
  const command = new Command('gradswarm worker')
    .description(
      'Computes gradients for a coordinator until its run is finished; reconnects when the connection drops.',
    )
    .argument('<url>', 'where the coordinator is, like ws://192.168.1.5:8080', parseUrl)
    .addOption(
      new Option('-p, --processes <n>', 'worker processes, each with a connection of its own')
        .argParser(integer(1, 1024))
        .default(1),
    )
    .addOption(threadsOption('threads that compute each lease together, in each process'))
    .option(
      '--ca <file>',
      "PEM of the coordinator's certificate, or its authority's, to trust instead of the system's (NODE_EXTRA_CA_CERTS adds)",
      (file: string) => {
        trustIn(file);
        return resolve(file);
      },
    )
    .option('--no-retry', 'end when the coordinator cannot be reached or the connection drops')
    .option('--retry-for <seconds>', 'end when the coordinator was out of reach for so long (default: never)', seconds)
    .option('-q, --quiet', 'print errors and warnings only')
    .action((url: URL, flags: Flags) => runCommand(() => work(url, flags)));
  addTokenOptions(command, 'the token the run asks for');
  addEngineOption(command);
  addVolunteerOptions(command);
  addLimitOptions(command);
  return command;
}

await runProgram(workerCommand());
// The channel to a parent that watches over this process would keep it alive.
if (process.connected) process.disconnect();
