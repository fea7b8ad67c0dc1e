// A run on the command line, from the opened port to the last line: flags in, lines out.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { say } from '../../shared/node/standard_output.ts';
import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { threadsOf } from '../../shared/node/thread_flag.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Result } from '../computation/weights.ts';
import { type Coordinator, startCoordinator } from '../coordinator.ts';
import type { CoordinatorOptions, RunResult } from '../coordinator_options.ts';
import type { CheckpointPolicy } from '../records/checkpoint_policy.ts';
import type { FoundCheckpoint } from '../records/run_folder.ts';
import { type ComputedHere, computedHere } from '../run/computed_here.ts';
import type { StartedEvent, TrainingEvent } from '../run/training_events.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { bestEpoch } from '../training/validation.ts';
import { workerUrl } from '../web/addresses.ts';
import { invitation } from './invitation.ts';
import { lobbyOptions } from './lobby_flags.ts';
import { lobbyLine, onEnter } from './lobby_prompt.ts';
import { metricText } from './metric_text.ts';
import { listenOptions, tokenExposure } from './network_flags.ts';
import type { Output } from './output.ts';
import { programName } from './program_name.ts';
import { Progress } from './progress.ts';
import { resumeCommand } from './resume_command.ts';
import { standardOutput, terminalColumns } from './standard_terminal.ts';
import { type Stay, stayUp } from './staying.ts';
import type { SupervisorLink } from './supervised_run.ts';
import type { TrainFlags } from './train_flags.ts';
import { concludeInJson, tellInJson } from './train_json.ts';

export interface Training {
  readonly prepared: PreparedJob;
  readonly folder: string;
  readonly policy: CheckpointPolicy;
  readonly flags: TrainFlags;
  /** Where to go on from; the parameters are its own already. */
  readonly checkpoint: FoundCheckpoint | undefined;
  /** What will be trained, line by line. */
  readonly description: readonly string[];
  /** Whoever watches over this process, if somebody does. */
  readonly supervisor?: SupervisorLink | undefined;
}

/** @throws {InputError} if the port or the folder cannot be had, before anything is written. */
export async function runTraining(training: Training): Promise<number> {
  let progress: Progress | undefined;
  const onEvent = (event: TrainingEvent) => {
    if (training.flags.json) tellInJson(event, training);
    else if (event.type === 'started') progress = begin(training, event);
    else if (progress !== undefined) show(event, progress);
    training.supervisor?.follow(event, training.folder);
  };
  // Listened to before anybody is told that the run has begun: who stops it then has a checkpoint too.
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  training.supervisor?.onStop(() => stop.abort());
  try {
    await using coordinator = await startCoordinator(coordinatorOptions(training, onEvent));
    stop.signal.addEventListener('abort', () => coordinator.stop());
    if (stop.signal.aborted) coordinator.stop();
    const ignoreEnter =
      process.stdin.isTTY === true && coordinator.isInLobby
        ? onEnter(process.stdin, () => coordinator.begin())
        : undefined;
    const result = await coordinator.outcome.finally(ignoreEnter);
    progress?.stop();
    const exitCode = conclude(training, result, { port: coordinator.port, seconds: progress?.seconds ?? 0 });
    if (result.type === 'finished') await stayUp(stayOf(training, coordinator, stop.signal));
    return exitCode;
  } finally {
    progress?.stop();
  }
}

function stayOf({ folder, flags }: Training, coordinator: Coordinator, signal: AbortSignal): Stay {
  const isTerminal = process.stdout.isTTY === true;
  const print = flags.json === true ? console.error : console.log;
  return { coordinator, folder, program: programName(), flags, isTerminal, signal, print };
}

function coordinatorOptions(
  { prepared, folder, policy, flags, checkpoint }: Training,
  onEvent: (event: TrainingEvent) => void,
): CoordinatorOptions {
  const { token } = flags;
  const options = { prepared, checkpoint, records: { folder, policy }, onEvent };
  const lobby = lobbyOptions(flags);
  if (flags.inProcess) return { ...options, threads: threadsOf(flags.threads) };
  return { ...options, ...sharesHere(flags), listen: listenOptions(flags), token, lobby };
}

/** What this machine computes of the run. */
function sharesHere(flags: TrainFlags): ComputedHere {
  const { ownShare, workers, threads } = flags;
  // People have come to help: what they find is not taken by this machine.
  if (lobbyOptions(flags) !== undefined) return { ownShare: 'nothing', workers: workers ?? 0 };
  return computedHere({ ownShare, workers, threads: threads === 'auto' ? undefined : threads });
}

/** Everything that is said before the first step. */
function begin(training: Training, { port }: StartedEvent): Progress {
  const { flags, description } = training;
  const output = standardOutput();
  for (const line of description) output.print(line);
  const progress = createProgress(training, output);
  if (port === undefined) return progress;
  const place = { host: flags.host, port, isSecure: flags.tlsCert !== undefined };
  output.print(`listening on ${workerUrl(place)}`);
  const exposure = tokenExposure(flags);
  if (exposure !== undefined) output.print(colors.yellow(exposure));
  const columns = terminalColumns();
  for (const line of invitation({ ...place, token: flags.token, columns, program: programName() })) output.print(line);
  const lobby = training.checkpoint === undefined ? lobbyOptions(flags) : undefined;
  if (lobby !== undefined) output.print(lobbyLine(lobby, process.stdin.isTTY === true));
  else if (flags.workers === 0) output.print('no local workers: waiting for workers to connect');
  return progress;
}

function createProgress({ prepared, checkpoint, flags }: Training, output: Output): Progress {
  return new Progress(
    {
      totalSteps: prepared.totalSteps,
      stepsPerEpoch: prepared.data.stepsPerEpoch,
      firstStep: checkpoint?.checkpoint.step ?? 0,
      beginsAtRandom: prepared.job.initialize === undefined,
      trainsAlone: sharesHere(flags).ownShare === 'alone or beside workers',
      trainingSamples: prepared.data.dataSet.training.count,
      output,
      now: () => performance.now(),
    },
    (checkpoint?.checkpoint.history ?? []).map(({ evaluation }) => evaluation),
  );
}

function show(event: TrainingEvent, progress: Progress): void {
  switch (event.type) {
    case 'step':
      progress.onStep(event.step, event.measurement);
      break;
    case 'epoch':
      progress.onEpoch(event.epoch, event.step, event.evaluation);
      break;
    case 'worker':
      progress.onWorkers(event.change);
      break;
    case 'warning':
      progress.print(colors.yellow(event.message));
      break;
    case 'begun':
      progress.print(`begun, with ${event.workers === 1 ? '1 worker' : `${event.workers} workers`}`);
      break;
    case 'started':
    case 'checkpoint':
      break;
    default:
      event satisfies never;
  }
}

interface Past {
  /** The port that listened, if one did. */
  readonly port: number | undefined;
  readonly seconds: number;
}

function conclude(training: Training, result: RunResult, { port, seconds }: Past): number {
  const { prepared, checkpoint: start, flags } = training;
  const hasTrained = (start?.checkpoint.step ?? 0) < prepared.totalSteps;
  const { type, checkpoint } = result;
  const place = hasTrained
    ? describePlace(seconds, checkpoint)
    : `nothing was left to train; weights in ${start?.file}`;
  if (flags.json) concludeInJson(training, result, port);
  else if (type === 'stopped') sayStopped(training, result, port);
  else sayFinished(prepared, result, place);
  if (checkpoint === undefined && hasTrained) return exitCodes.failure;
  return type === 'stopped' ? exitCodes.interrupted : exitCodes.success;
}

function sayStopped(
  { prepared, flags, folder }: Training,
  { step, checkpoint }: RunResult,
  port: number | undefined,
): void {
  const { totalSteps } = prepared;
  if (checkpoint === undefined) {
    console.error(colors.red(`stopped after step ${step} of ${totalSteps}; no checkpoint could be written`));
    return;
  }
  say(`stopped after step ${step} of ${totalSteps}; checkpoint ${checkpoint}`);
  say(`resume with: ${resumeCommand(flags, { program: programName(), folder, port })}`);
}

function describePlace(seconds: number, checkpoint: string | undefined): string {
  const place = checkpoint === undefined ? 'its weights could not be saved' : `weights in ${checkpoint}`;
  return `trained in ${seconds.toFixed(1)} s; ${place}`;
}

/** @param place how long it took, and where its weights are */
function sayFinished(
  { job, totalSteps }: PreparedJob,
  { parametersDigest, history, step }: RunResult,
  place: string,
): void {
  const best = bestEpoch(history);
  const isBest = job.earlyStopping !== undefined && best !== undefined;
  if (step < totalSteps) {
    console.log(`ended early, after step ${step} of ${totalSteps}: the validation loss no longer falls`);
  }
  const which = describeResult(isBest ? 'best' : job.averageWeights === undefined ? 'trained' : 'averaged', history);
  if (which !== undefined) console.log(`the result is ${which}`);
  const test = (isBest ? best : history.at(-1))?.evaluation.test;
  const accuracy = test?.metrics.accuracy;
  const measured =
    accuracy === undefined ? `test loss ${test?.loss.toFixed(6) ?? '–'}` : metricText('test accuracy', accuracy);
  const bestWord = best === undefined || best === history.at(-1) ? '' : `; the best epoch was ${best.epoch}`;
  console.log(`${place}${bestWord}`);
  console.log(`${colors.bold(measured)}  parameters SHA-256 ${parametersDigest}`);
}

/** Which weights a run, or a checkpoint of it, gives to whoever uses it, unless it is those that were trained last. */
export function describeResult(result: Result, history: readonly EpochRecord[]): string | undefined {
  switch (result) {
    case 'trained':
      return undefined;
    case 'averaged':
      return 'the moving average of the weights';
    case 'best': {
      const best = bestEpoch(history);
      return `the weights of epoch ${best?.epoch}, whose validation loss was the least: ${best?.evaluation.validation?.loss.toFixed(4)}`;
    }
    default:
      return result satisfies never;
  }
}
