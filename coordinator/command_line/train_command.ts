// `gradswarm train`: a run from start to end, or from a checkpoint on.

import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/job/canonical_json.ts';
import { differences, type Job } from '../../shared/job/job.ts';
import { applyOverrides } from '../../shared/job/overrides.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  requireSameData,
  restoreCheckpoint,
} from '../checkpoint.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob } from '../job_files.ts';
import { startLocalWorkers } from '../local_workers.ts';
import { type PreparedJob, prepareJob } from '../prepared_job.ts';
import { Run } from '../run.ts';
import { CheckpointSaver, createRunFolder, readCheckpointFile } from '../run_folder.ts';
import { type CoordinatorServer, listen } from '../server.ts';
import { Progress, percent } from './progress.ts';
import { exitCodes, onStopSignal } from './shell.ts';

export interface TrainFlags {
  /** Local worker processes; 0 waits for workers from elsewhere. Undefined: as many as useful here. */
  readonly workers?: number;
  readonly inProcess?: true;
  readonly port: number;
  readonly host: string;
  readonly epochs?: number;
  readonly set: readonly string[];
  readonly run?: string;
  readonly resume?: string;
  readonly token?: string;
}

/** A job and where to go on with it. */
interface Start {
  readonly job: Job;
  readonly directory: string;
  readonly checkpoint?: { readonly content: Checkpoint; readonly file: string };
}

export async function train(jobName: string | undefined, flags: TrainFlags): Promise<number> {
  const start = await loadStart(jobName, flags);
  const { job, checkpoint } = start;
  const dataSet = await loadDataSet(job.data, start.directory);
  const prepared = await prepareJob(job, dataSet);
  if (checkpoint !== undefined) {
    requireSameData(checkpoint.content, dataSet, checkpoint.file);
    restoreCheckpoint(prepared.state, checkpoint.content, checkpoint.file);
  }
  const folder = flags.run ?? folderOf(start);
  if (checkpoint === undefined) await createRunFolder(folder, job);
  describeJob(prepared, folder);
  return execute({ prepared, folder, directory: start.directory, flags, checkpoint: checkpoint?.content });
}

/** A resumed run goes on in its own folder; a new one gets a new folder. */
function folderOf({ job, checkpoint }: Start): string {
  return checkpoint === undefined ? join('runs', `${job.name}-${timestamp()}`) : dirname(checkpoint.file);
}

async function loadStart(jobName: string | undefined, flags: TrainFlags): Promise<Start> {
  const overrides = flags.epochs === undefined ? flags.set : [...flags.set, `epochs=${flags.epochs}`];
  if (flags.resume === undefined) {
    if (jobName === undefined) throw new InputError('train: name a job (see `gradswarm jobs`) or a job file');
    return loadJob(jobName, overrides);
  }
  const { file, bytes } = await readCheckpointFile(flags.resume);
  const content = decodeCheckpoint(bytes, file);
  const { job, directory } =
    jobName === undefined
      ? { job: applyOverrides(content.job, overrides), directory: content.directory }
      : await loadJob(jobName, overrides);
  const changed = differences(content.job, job);
  if (changed.length > 0) {
    throw new InputError(
      `checkpoint ${file} is of another job: they differ in ${changed.join(', ')}; start a new run for this one`,
    );
  }
  return { job, directory, checkpoint: { content, file } };
}

function describeJob(prepared: PreparedJob, folder: string): void {
  const { job, data, state, digest, totalSteps } = prepared;
  const { training, validation, test } = data.dataSet;
  const held = validation.count > 0 ? `, ${validation.count} validation` : '';
  console.log(`${colors.bold(job.name)}  ${job.description ?? ''}`);
  console.log(`job      ${digest}`);
  console.log(`         ${canonicalJson(job)}`);
  console.log(`model    ${state.replica.parameterCount.toLocaleString('en')} parameters, numerics ${job.numerics}`);
  console.log(
    `data     ${training.count} training${held}, ${test.count} test samples, SHA-256 ${data.dataSet.digest.slice(0, 16)}…`,
  );
  console.log(
    `steps    ${totalSteps} of ${job.batchSize} samples in microbatches of ${job.microbatchSize}, ${data.stepsPerEpoch} an epoch (${job.batching})`,
  );
  console.log(`folder   ${folder}`);
}

/** Everything of a run that has to be stopped again. */
interface Running {
  readonly server: CoordinatorServer | undefined;
  readonly workers: { readonly stop: () => void } | undefined;
}

interface Execution {
  readonly prepared: PreparedJob;
  readonly folder: string;
  readonly directory: string;
  readonly flags: TrainFlags;
  readonly checkpoint: Checkpoint | undefined;
}

async function execute({ prepared, folder, directory, flags, checkpoint }: Execution): Promise<number> {
  const { job, data, totalSteps } = prepared;
  const firstStep = checkpoint?.step ?? 0;
  const history: EpochRecord[] = [...(checkpoint?.history ?? [])];
  const progress = new Progress(
    {
      totalSteps,
      stepsPerEpoch: data.stepsPerEpoch,
      firstStep,
      batchSize: job.batchSize,
      interactive: process.stdout.isTTY === true,
      write: (line) => console.log(line),
      now: () => performance.now(),
    },
    history.map(({ evaluation }) => evaluation),
  );
  const dataDigest = data.dataSet.digest;
  const saver = new CheckpointSaver(folder, (line) => progress.print(colors.red(line)));
  const save = (step: number) =>
    saver.save(step, encodeCheckpoint(prepared.state, { job, directory, step, dataDigest, history }));
  const run = new Run({
    prepared,
    firstStep,
    evaluatedStep: history.at(-1)?.step ?? 0,
    inProcess: flags.inProcess === true,
    token: flags.token,
    listener: {
      onStep: (step, measurement) => progress.onStep(step, measurement),
      onEpoch: (epoch, step, evaluation) => {
        history.push({ epoch, step, evaluation });
        progress.onEpoch(epoch, step, evaluation);
        save(step);
      },
      onWorkers: (change) => progress.onWorkers(change),
    },
  });
  onStopSignal(() => run.stop());
  const running = flags.inProcess === true ? undefined : await open(run, flags, progress);
  try {
    run.start();
    const outcome = await run.outcome;
    if (outcome.type === 'stopped') save(outcome.step);
    const file = await saver.lastSaved();
    progress.stop();
    if (outcome.type === 'stopped') return sayStopped(outcome.step, totalSteps, file, folder);
    sayFinished(prepared, progress.seconds, file, history);
    return file === undefined && firstStep < totalSteps ? exitCodes.failure : exitCodes.success;
  } finally {
    progress.stop();
    running?.workers?.stop();
    await running?.server?.close();
  }
}

async function open(run: Run, flags: TrainFlags, progress: Progress): Promise<Running> {
  const server = await listen({
    host: flags.host,
    port: flags.port,
    onSocket: (socket, address) => run.accept(socket, address),
    status: () => ({ step: run.step, workers: run.workers }),
  });
  const processes = flags.workers ?? availableParallelism();
  progress.print(
    `listening on ws://${flags.host}:${server.port}; more workers: gradswarm worker ws://HOST:${server.port}`,
  );
  if (processes === 0) {
    progress.print('no local workers: waiting for workers to connect');
    return { server, workers: undefined };
  }
  const localHost = flags.host === '0.0.0.0' || flags.host === '::' ? '127.0.0.1' : flags.host;
  const workers = startLocalWorkers({
    url: `ws://${localHost.includes(':') ? `[${localHost}]` : localHost}:${server.port}`,
    processes,
    token: flags.token,
    onFailed: (reason) => progress.print(colors.yellow(`local workers ended: ${reason}; the run waits for others`)),
  });
  return { server, workers };
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
  console.log(`trained in ${seconds.toFixed(1)} s; weights in ${file ?? 'no file'}`);
  console.log(`${colors.bold(measured)}  parameters SHA-256 ${prepared.state.parametersDigest}`);
}

/** Like 2026-11-23T19-46-43: sorts by time and is a file name everywhere. */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '-');
}
