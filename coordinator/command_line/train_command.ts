// `gradswarm train`: which job, from where on, into which folder; training.ts does the rest.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/job/canonical_json.ts';
import { describeEngine, engineKind } from '../../shared/node/node_engine.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { type FoundCheckpoint, jobFile, openCheckpoint } from '../records/run_folder.ts';
import { rememberedPolicy } from '../records/run_options.ts';
import { checkpointPolicy, describePolicy, policyChanges } from './checkpoint_flags.ts';
import { prepareNamedJob } from './named_job.ts';
import { prepareCheckpoint } from './recorded_job.ts';
import type { SupervisorLink } from './supervised_run.ts';
import type { TrainFlags } from './train_flags.ts';
import { runTraining } from './training.ts';
import { isUnsavedRun, prepareUnsavedRun } from './unsaved_run.ts';

/** A job, ready, and the checkpoint that it goes on from. */
interface Start {
  readonly prepared: PreparedJob;
  readonly found?: FoundCheckpoint;
}

/** @param supervisor whoever watches over this process, if somebody does */
export async function train(
  jobName: string | undefined,
  flags: TrainFlags,
  supervisor?: SupervisorLink,
): Promise<number> {
  const { prepared, found } = await prepareStart(jobName, flags);
  const folder = flags.run ?? folderOf(prepared, found);
  const remembered = found === undefined ? undefined : await rememberedPolicy(dirname(found.file));
  const policy = checkpointPolicy(flags, remembered);
  const engine = describeEngine(await engineKind(prepared.job.numerics));
  return runTraining({
    prepared,
    folder,
    policy,
    flags,
    checkpoint: found,
    supervisor,
    description: [
      ...describeJob(prepared, folder, engine),
      `saves    ${describePolicy(policy, prepared.data.dataSet.validation.count > 0)}`,
      ...policyChanges(policy, remembered).map((change) => `         ${change}`),
    ],
  });
}

async function prepareStart(name: string | undefined, flags: TrainFlags): Promise<Start> {
  const set = flags.epochs === undefined ? flags.set : [...flags.set, `epochs=${flags.epochs}`];
  const memory = flags.dataMemory === undefined ? {} : { dataMemory: flags.dataMemory };
  const resume = resumedFrom(flags);
  if (resume === undefined) {
    if (name === undefined) throw new InputError('train: name a job (see `gradswarm jobs`) or a job file');
    return { prepared: await prepareNamedJob({ name, set, ...memory }) };
  }
  if (await isUnsavedRun(resume)) {
    printWarning(`run folder ${resume}: has no checkpoint yet; the run begins again`);
    return prepareUnsavedRun(resume, { name, set, ...memory });
  }
  const found = await openCheckpoint(resume);
  for (const reason of found.damaged) printWarning(`${reason}; continuing from ${found.file}`);
  return { prepared: await prepareCheckpoint(found, { name, set, mayBeLonger: true, ...memory }), found };
}

/** What the run goes on from; without a name the run in `--run`, once it has begun. */
function resumedFrom({ resume, run }: TrainFlags): string | undefined {
  if (resume !== true) return resume;
  if (run === undefined) throw new InputError('--resume: name a run to resume, or a folder to begin one in with --run');
  return existsSync(jobFile(run)) ? run : undefined;
}

/** A resumed run goes on in its own folder; a new one gets a new folder. */
function folderOf({ job }: PreparedJob, found: FoundCheckpoint | undefined): string {
  return found === undefined ? join('runs', `${job.name}-${timestamp()}`) : dirname(found.file);
}

function describeJob(prepared: PreparedJob, folder: string, engine: string): readonly string[] {
  const { job, data, state, digest, totalSteps } = prepared;
  const { training, validation, test } = data.dataSet;
  const held = validation.count > 0 ? `, ${validation.count} validation` : '';
  const { parameterCount, frozenCount } = state.replica;
  const frozen = frozenCount === 0 ? '' : `, ${frozenCount.toLocaleString('en')} more are frozen`;
  return [
    `${colors.bold(job.name)}  ${job.description ?? ''}`,
    `job      ${digest}`,
    `         ${canonicalJson(job)}`,
    `model    ${parameterCount.toLocaleString('en')} parameters${frozen}, numerics ${job.numerics}`,
    `engine   ${engine}`,
    `data     ${training.count} training${held}, ${test.count} test samples, SHA-256 ${data.dataSet.digest.slice(0, 16)}…`,
    ...(data.dataSet.notes ?? []).map((note) => `         ${note}`),
    `steps    ${totalSteps} of ${describeMiniBatch(prepared)} in microbatches of ${job.microbatchSize}, ${data.stepsPerEpoch} an epoch (${job.batching})`,
    `folder   ${folder}`,
  ];
}

/** Samples of a full mini-batch, which has at most the whole training set. */
function describeMiniBatch({ job: { batchSize }, data }: PreparedJob): string {
  const samples = data.samplesInStep(0);
  return samples === batchSize
    ? `${samples} samples`
    : `${samples} samples (all there are; the job allows ${batchSize})`;
}

/** Like 2026-11-23T19-46-43: sorts by time and is a file name everywhere. */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '-');
}
