// A run on the command line, from the opened port to the last line.

import { availableParallelism } from 'node:os';
import colors from 'picocolors';
import { renderUnicodeCompact } from 'uqr';
import { InputError } from '../../shared/errors.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import type { RunView } from '../../shared/watch/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Checkpoint, EpochRecord } from '../records/checkpoint.ts';
import { bestEpoch } from '../records/checkpoint_policy.ts';
import { systemDisk } from '../records/disk.ts';
import { createRunFolder, requireNewRunFolder } from '../records/run_folder.ts';
import { RunRecorder } from '../records/run_recorder.ts';
import { startLocalWorkers } from '../run/local_workers.ts';
import { Run, type RunOutcome } from '../run/run.ts';
import { pageAddress, pageAddresses } from '../web/addresses.ts';
import { createPages, type Pages } from '../web/pages.ts';
import { type CoordinatorServer, listen } from '../web/server.ts';
import { Telemetry } from '../web/telemetry.ts';
import { Watchers } from '../web/watchers.ts';
import { Progress, percent } from './progress.ts';
import { exitCodes, onStopSignal } from './shell.ts';
import type { TrainFlags } from './train_command.ts';

export interface Training {
  readonly prepared: PreparedJob;
  readonly folder: string;
  readonly isNewFolder: boolean;
  /** What paths in the job are relative to. */
  readonly directory: string;
  readonly flags: TrainFlags;
  /** Where to go on from; the parameters are its own already. */
  readonly checkpoint: Checkpoint | undefined;
  /** Prints what will be trained. */
  readonly describe: () => void;
}

/** @throws {InputError} if the port or the folder cannot be had, before anything is written. */
export async function runTraining(training: Training): Promise<number> {
  const { folder, isNewFolder, flags, prepared } = training;
  if (isNewFolder) await requireNewRunFolder(folder);
  let observed: Observed | undefined;
  const status = () => ({ step: 0, workers: 0, ...observed?.run.status });
  const pages: Pages = (request, response) => {
    if (observed === undefined) response.writeHead(503, { 'retry-after': '1' }).end('starting\n');
    else observed.pages(request, response);
  };
  const server = flags.inProcess ? undefined : await listen({ host: flags.host, port: flags.port, status, pages });
  try {
    if (isNewFolder) await createRunFolder(folder, prepared.job);
    training.describe();
    const progress = createProgress(training);
    const recorder = await openRecorder(training, progress);
    observed = observe(training, recorder, progress, server);
    return await conduct(training, observed.run, server, recorder, progress);
  } finally {
    observed?.watchers.close();
    await server?.close();
  }
}

/** A run with all that is shown of it. */
interface Observed {
  readonly run: Run;
  readonly watchers: Watchers;
  readonly pages: Pages;
}

function observe(
  training: Training,
  recorder: RunRecorder,
  progress: Progress,
  server: CoordinatorServer | undefined,
): Observed {
  const { prepared, flags } = training;
  const addresses = server === undefined ? [] : pageAddresses(flags.host, server.port);
  const telemetry = new Telemetry(describeRun(prepared, addresses), prepared.job.microbatchSize);
  const now = () => performance.now();
  for (const { step, loss } of recorder.pastSteps) telemetry.onPastStep(step, loss);
  for (const record of recorder.history) telemetry.onEpoch(record, now());
  const run = createRun(training, recorder, progress, telemetry);
  const state = () => ({ phase: run.phase, step: run.step, ...recorder.saving });
  const watchers = new Watchers({
    snapshot: () => telemetry.snapshot(state(), run.workerFigures()),
    update: () => telemetry.update(state(), run.workerFigures()),
  });
  return { run, watchers, pages: createPages({ prepared, watchers, step: () => run.step }) };
}

function describeRun({ job, digest, totalSteps, data, state }: PreparedJob, addresses: readonly string[]): RunView {
  return {
    name: job.name,
    description: job.description ?? '',
    digest,
    job: JSON.stringify(job, undefined, 2),
    totalSteps,
    stepsPerEpoch: data.stepsPerEpoch,
    batchSize: job.batchSize,
    parameters: state.replica.parameterCount,
    trainingSamples: data.dataSet.training.count,
    addresses,
  };
}

function createProgress({ prepared, checkpoint }: Training): Progress {
  return new Progress(
    {
      totalSteps: prepared.totalSteps,
      stepsPerEpoch: prepared.data.stepsPerEpoch,
      firstStep: checkpoint?.step ?? 0,
      batchSize: prepared.job.batchSize,
      interactive: process.stdout.isTTY === true,
      write: (line) => console.log(line),
      now: () => performance.now(),
    },
    (checkpoint?.history ?? []).map(({ evaluation }) => evaluation),
  );
}

function openRecorder(training: Training, progress: Progress): Promise<RunRecorder> {
  const { prepared, folder, directory, flags, checkpoint } = training;
  const options = {
    prepared,
    folder,
    directory,
    disk: systemDisk,
    clock: systemClock,
    policy: { steps: flags.checkpointSteps, seconds: flags.checkpointSeconds, keep: flags.keep },
    onTrouble: (line: string) => progress.print(colors.yellow(line)),
  };
  return checkpoint === undefined ? RunRecorder.create(options) : RunRecorder.resume(options, checkpoint);
}

function createRun(
  { prepared, checkpoint, flags }: Training,
  recorder: RunRecorder,
  progress: Progress,
  telemetry: Telemetry,
): Run {
  return new Run({
    prepared,
    firstStep: checkpoint?.step ?? 0,
    evaluatedStep: recorder.history.at(-1)?.step ?? 0,
    ownShare: flags.inProcess ? 'everything' : flags.ownShare ? 'beside workers' : 'nothing',
    token: flags.token,
    listener: {
      onStep: (step, measurement, contributions) => {
        recorder.onStep(step, measurement, contributions);
        telemetry.onStep(step, measurement, contributions, performance.now());
        progress.onStep(step, measurement);
      },
      onEpoch: (epoch, step, evaluation) => {
        recorder.onEpoch(epoch, step, evaluation);
        telemetry.onEpoch({ epoch, step, evaluation }, performance.now());
        progress.onEpoch(epoch, step, evaluation);
      },
      onWorkers: (change) => {
        telemetry.onWorkers(change);
        progress.onWorkers(change);
      },
      beforeDismissal: () => recorder.finish(),
    },
  });
}

async function conduct(
  training: Training,
  run: Run,
  server: CoordinatorServer | undefined,
  recorder: RunRecorder,
  progress: Progress,
): Promise<number> {
  onStopSignal(() => run.stop());
  let workers: { readonly stop: () => void } | undefined;
  try {
    run.start();
    if (server !== undefined) workers = admitWorkers(run, server, training.flags, progress);
    const outcome = await run.outcome;
    if (outcome.type === 'stopped') recorder.save(outcome.step);
    const file = await recorder.finish();
    progress.stop();
    return conclude(training, outcome, recorder, file, progress.seconds);
  } catch (error) {
    throw await withLastCheckpoint(error, recorder);
  } finally {
    progress.stop();
    workers?.stop();
  }
}

/** A run that cannot go on has its last good checkpoint all the same. */
async function withLastCheckpoint(error: unknown, recorder: RunRecorder): Promise<unknown> {
  const file = await recorder.finish();
  if (!(error instanceof InputError) || file === undefined) return error;
  return new InputError(`${error.message}; the last good checkpoint is ${file}`);
}

function admitWorkers(
  run: Run,
  server: CoordinatorServer,
  flags: TrainFlags,
  progress: Progress,
): { readonly stop: () => void } | undefined {
  server.admit((open, address) => run.accept(open, address));
  progress.print(
    `listening on ws://${flags.host}:${server.port}; more workers: gradswarm worker ws://HOST:${server.port}`,
  );
  for (const line of invitation(flags, server.port)) progress.print(line);
  const processes = flags.workers ?? usefulProcesses(flags);
  if (processes === 0) {
    progress.print('no local workers: waiting for workers to connect');
    return undefined;
  }
  const localHost = flags.host === '0.0.0.0' || flags.host === '::' ? '127.0.0.1' : flags.host;
  return startLocalWorkers({
    url: `ws://${localHost.includes(':') ? `[${localHost}]` : localHost}:${server.port}`,
    processes,
    token: flags.token,
    onFailed: (reason) => progress.print(colors.yellow(`local workers ended: ${reason}; the run waits for others`)),
  });
}

/** A core for each, one of them for the coordinator if it computes too. */
function usefulProcesses({ ownShare }: TrainFlags): number {
  return Math.max(1, availableParallelism() - (ownShare ? 1 : 0));
}

/** Where to watch and help; for other machines with a code to scan. */
function invitation({ host, token }: TrainFlags, port: number): readonly string[] {
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  const addresses = pageAddresses(host, port);
  const [first] = addresses;
  if (first === undefined) return [`watch it, and help, at ${pageAddress('127.0.0.1', port)}${query}`];
  const places = addresses.map((address) => `${address}${query}`).join('  ');
  if (process.stdout.isTTY !== true) return [`watch it, and help, at ${places}`];
  const join = `${first}?join${query.replace('?', '&')}`;
  return [`watch it, and help, at ${places}`, renderUnicodeCompact(join)];
}

function conclude(
  { prepared, folder, checkpoint }: Training,
  { type, step }: RunOutcome,
  { history }: RunRecorder,
  file: string | undefined,
  seconds: number,
): number {
  if (type === 'stopped') return sayStopped(step, prepared.totalSteps, file, folder);
  sayFinished(prepared, seconds, file, history);
  const hasTrained = (checkpoint?.step ?? 0) < prepared.totalSteps;
  return file === undefined && hasTrained ? exitCodes.failure : exitCodes.success;
}

function sayStopped(step: number, totalSteps: number, file: string | undefined, folder: string): number {
  if (file === undefined) {
    console.error(colors.red(`stopped after step ${step} of ${totalSteps}; no checkpoint could be written`));
    return exitCodes.failure;
  }
  console.log(`stopped after step ${step} of ${totalSteps}; checkpoint ${file}`);
  console.log(`go on with: gradswarm train --resume ${folder}`);
  return exitCodes.interrupted;
}

function sayFinished(
  prepared: PreparedJob,
  seconds: number,
  file: string | undefined,
  history: readonly EpochRecord[],
): void {
  const test = history.at(-1)?.evaluation.test;
  const accuracy = test?.metrics.accuracy;
  const measured =
    accuracy === undefined ? `test loss ${test?.loss.toFixed(6) ?? '–'}` : `test accuracy ${percent(accuracy)}`;
  const best = bestEpoch(history);
  const bestWord = best === undefined || best === history.at(-1) ? '' : `; the best epoch was ${best.epoch}`;
  console.log(`trained in ${seconds.toFixed(1)} s; weights in ${file ?? 'no file'}${bestWord}`);
  console.log(`${colors.bold(measured)}  parameters SHA-256 ${prepared.state.parametersDigest}`);
}
