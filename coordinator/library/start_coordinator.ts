// A coordinator as programs start it: job and options in, a run under way out.

import { dirname, join } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { differences, type Job, lengthFault } from '../../shared/job/job.ts';
import { availableThreads } from '../../shared/node/cpu_quota.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { type Coordinator, startCoordinator as start } from '../coordinator.ts';
import type { CoordinatorOptions, ListenOptions } from '../coordinator_options.ts';
import { loadInitialWeights } from '../data/weights_file.ts';
import { requireSameData, restoreCheckpoint } from '../records/checkpoint.ts';
import { type CheckpointPolicy, defaultCheckpointPolicy } from '../records/checkpoint_policy.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';
import { rememberedPolicy } from '../records/run_options.ts';
import { computedHere } from '../run/computed_here.ts';
import type { TrainingEvent } from '../run/training_events.ts';
import type { DefinedJob } from './define_job.ts';

/** How a job is run; nothing of it changes the result. */
export interface TrainOptions {
  /**
   * Worker processes to start on this machine; none if left out, where this process computes instead, and beside workers
   * from elsewhere. With 0 the run waits for these.
   */
  readonly workers?: number;
  /** Threads by which this process computes; one for each processor if left out, one alone beside worker processes. */
  readonly threads?: number;
  /** Whether this process computes a share itself while few workers help; true if left out. */
  readonly ownShare?: boolean;
  /** Compute everything in this process, without workers and without a port. */
  readonly inProcess?: boolean;
  /** The address of this machine to listen on; `127.0.0.1` if left out, `0.0.0.0` for all. */
  readonly host?: string;
  /** Where workers connect and people watch; 0, the default, for any free port. */
  readonly port?: number;
  /** A secret of at least 16 characters: whoever wants to help or to watch must present it, or a token derived from it. */
  readonly token?: string;
  /** Names by which others reach it, besides its addresses and this machine's own name. */
  readonly allowedHosts?: readonly string[];
  /** Files of the certificate and key by which it speaks TLS; read again when they change. */
  readonly tls?: NonNullable<ListenOptions['tls']>;
  /** Reverse proxies, by address or network, whose word is taken for who asked them. */
  readonly trustedProxies?: readonly string[];
  /** What strangers may cost: the flags `--max-…` of the command line, by name. */
  readonly limits?: NonNullable<ListenOptions['limits']>;
  /**
   * Where ledger and checkpoints go: a new or empty folder; a new one under `runs/` if left out, or the checkpoint’s with
   * `resume`. `false` records nothing.
   */
  readonly folder?: string | false;
  /** Go on from a checkpoint of this job, or from the newest in a run’s folder. */
  readonly resume?: string;
  /** When checkpoints are due besides at the end of each epoch, and how many are kept. */
  readonly checkpoints?: Partial<CheckpointPolicy>;
  /** Stops the run between two steps when it aborts. */
  readonly signal?: AbortSignal;
  /** Called at once for each event, so it must be quick. An error that it throws ends the run. */
  readonly onEvent?: (event: TrainingEvent) => void;
}

/**
 * Prepares a job and starts its run: a port that workers connect to and people watch, local workers, a folder of records.
 * `train` does the same and waits for the end.
 * @throws {InputError} if data, port, folder or checkpoint cannot be had; nothing is left open then.
 */
export async function startCoordinator(job: DefinedJob, options: TrainOptions = {}): Promise<Coordinator> {
  const { resume, signal } = options;
  const initial = resume === undefined ? await loadInitialWeights(job.job) : undefined;
  const prepared = await prepareJob(job.job, await job.loadData(), initial);
  const checkpoint = resume === undefined ? undefined : await openCheckpoint(resume);
  if (checkpoint !== undefined) goOnFrom(checkpoint, prepared);
  const coordinator = await start({ prepared, checkpoint, ...(await runOptions(job.job, options, checkpoint)) });
  const stop = () => coordinator.stop();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  const forget = () => signal?.removeEventListener('abort', stop);
  coordinator.outcome.then(forget, forget);
  return coordinator;
}

function goOnFrom({ file, checkpoint }: FoundCheckpoint, { job, data, state }: PreparedJob): void {
  const length = lengthFault(checkpoint.job, job, data.stepsPerEpoch, checkpoint.step);
  if (length !== undefined) throw new InputError(`checkpoint ${file}: cannot go on with another length: ${length}`);
  const changed = differences(checkpoint.job, job).filter((difference) => !/^(epochs|steps) /.test(difference));
  if (changed.length > 0) {
    throw new InputError(`checkpoint ${file} is of another job: they differ in ${changed.join(', ')}`);
  }
  requireSameData(checkpoint, data.dataSet, file);
  restoreCheckpoint(state, checkpoint, file);
}

async function runOptions(
  { name }: Job,
  options: TrainOptions,
  checkpoint: FoundCheckpoint | undefined,
): Promise<Omit<CoordinatorOptions, 'prepared'>> {
  const { checkpoints, onEvent, folder = folderOf(name, checkpoint) } = options;
  const remembered = checkpoint === undefined ? undefined : await rememberedPolicy(dirname(checkpoint.file));
  const policy = { ...defaultCheckpointPolicy, ...remembered, ...checkpoints };
  return {
    ...(folder === false ? {} : { records: { folder, policy } }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(options.inProcess === true ? { threads: options.threads ?? availableThreads() } : listeningOptions(options)),
  };
}

function listeningOptions({ token, ownShare = true, workers, threads, ...options }: TrainOptions) {
  const { host = '127.0.0.1', port = 0, allowedHosts = [], tls, trustedProxies = [], limits = {} } = options;
  const listen = { host, port, allowedHosts, tls, trustedProxies, limits };
  return { listen, ...computedHere({ ownShare, workers, threads }), token };
}

/** A resumed run goes on in its own folder; a new one gets a new folder. */
function folderOf(name: string, checkpoint: FoundCheckpoint | undefined): string {
  if (checkpoint !== undefined) return dirname(checkpoint.file);
  return join('runs', `${name}-${new Date().toISOString().slice(0, 23).replaceAll(':', '-')}`);
}
