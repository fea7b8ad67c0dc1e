// `gradswarm replay`: recomputes a run, or a stretch of it, and says whether the bits agree.

import { setImmediate as turn } from 'node:timers/promises';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { parseJob } from '../../shared/job/job.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadInitialWeights } from '../data/weights_file.ts';
import { overrideJob } from '../jobs/job_files.ts';
import { systemDisk } from '../records/disk.ts';
import { type Ledger, type RunRecord, readLedger } from '../records/ledger.ts';
import {
  type ReplayPlan,
  type ReplayVerdict,
  type RunCheckpoint,
  replay,
  startOf,
  statedSteps,
} from '../records/replay.ts';
import { removeReplayMark, writeReplayMark } from '../records/replay_mark.ts';
import { checkpointFile, checkpointSteps, ledgerFile, readCheckpoint } from '../records/run_folder.ts';
import { type Output, plainOutput } from './output.ts';
import { usableJob } from './recorded_job.ts';
import { standardOutput } from './standard_terminal.ts';

export interface ReplayFlags {
  /** The step whose parameters to begin with. */
  readonly from?: number;
  /** The last step to recompute. */
  readonly to?: number;
  /** Overrides: where the data are now. */
  readonly set: readonly string[];
  readonly json?: true;
}

/** Milliseconds between two plain lines, and between two turns of the event loop. */
const plainInterval = 5_000;
const turnInterval = 50;

export async function replayRun(folder: string, flags: ReplayFlags): Promise<number> {
  const ledger = await openLedger(folder);
  const run = runOf(ledger, folder);
  const stated = statedSteps(ledger.records);
  const { from = run.start.step, to = stated.lastStep } = flags;
  if (from < run.start.step || from >= to || to > stated.lastStep) {
    const { start } = run;
    const has = stated.lastStep > start.step ? `steps ${start.step + 1} to ${stated.lastStep}` : 'no steps yet';
    throw new InputError(
      `replay ${folder}: from step ${from} to ${to}: the ledger has ${has}; --from must be before --to, at least ${start.step}`,
    );
  }
  const checkpoints = await readCheckpoints(folder);
  const start = startOf(checkpoints, from);
  if (start.step < run.start.step) {
    const missing = checkpoints.find(({ step }) => step === run.start.step);
    throw new InputError(`replay ${folder}: ${describeMissing(missing, checkpointFile(folder, run.start.step))}`);
  }
  const prepared = await prepare(run, folder, { set: flags.set, fromStart: start.checkpoint === undefined });
  const plan = { start, to };
  const output = flags.json ? plainOutput(() => undefined) : standardOutput();
  output.print(
    `replaying steps ${start.step + 1} to ${to} of ${prepared.totalSteps} from ${describeStart(start, run)}`,
  );
  const verdict = await follow(plan, replay(prepared, plan, stated, checkpoints), output);
  const finding = findingOf(folder, verdict, ledger, faultWithin(stated.contradiction, to));
  if (flags.json) console.log(JSON.stringify(findingJson(finding, { run: folder, from: start.step + 1, to })));
  else console.log(describeFinding(finding, plan));
  const isWhole = start.step === run.start.step && to === stated.lastStep;
  if (finding.type !== 'agrees') await mark(() => removeReplayMark(folder));
  else if (isWhole) {
    const { steps, parameters } = finding;
    await mark(() => writeReplayMark(folder, { jobDigest: run.jobDigest, step: to, steps, parameters }));
  }
  return finding.type === 'agrees' ? exitCodes.success : exitCodes.failure;
}

/** The run's pages say what was found. Whoever may only read the folder has replayed the run all the same. */
async function mark(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    printWarning(`${error.message}: the run's pages will not say what this replay has found`);
  }
}

/** Why a run that began with another run's checkpoint cannot be replayed from there. */
function describeMissing(start: RunCheckpoint | undefined, file: string): string {
  if (start !== undefined && 'damage' in start.content) return start.content.damage;
  return `the checkpoint that the run began with is missing: ${file}`;
}

function describeStart({ step, checkpoint }: ReplayPlan['start'], run: RunRecord): string {
  if (checkpoint === undefined) return 'the initial parameters';
  return step === run.start.step ? `${checkpoint.file}, with which this run began` : checkpoint.file;
}

async function openLedger(folder: string): Promise<Ledger> {
  const file = ledgerFile(folder);
  const content = await systemDisk.read(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`ledger ${file}: cannot be read (${error.code ?? error.message}); name a run's folder`);
  });
  return readLedger(content);
}

function runOf({ records, broken }: Ledger, folder: string): RunRecord {
  const [first] = records;
  if (first?.type === 'run') return first;
  const reason = broken === undefined ? 'it does not begin with what the run is of' : `line 1: ${broken.reason}`;
  throw new InputError(`ledger ${ledgerFile(folder)}: ${reason}`);
}

async function readCheckpoints(folder: string): Promise<readonly RunCheckpoint[]> {
  const checkpoints: RunCheckpoint[] = [];
  for (const step of await checkpointSteps(folder)) {
    const file = checkpointFile(folder, step);
    checkpoints.push({ file, step, content: await contentOf(file, step) });
  }
  return checkpoints;
}

async function contentOf(file: string, step: number): Promise<RunCheckpoint['content']> {
  try {
    const checkpoint = await readCheckpoint(file);
    if (checkpoint.step === step) return checkpoint;
    return { damage: `checkpoint ${file}: is of step ${checkpoint.step}, not of the step in its name` };
  } catch (error) {
    if (error instanceof InputError) return { damage: error.message };
    throw error;
  }
}

async function prepare(
  { job: content, jobDigest, dataDigest }: RunRecord,
  folder: string,
  { set, fromStart }: { readonly set: readonly string[]; readonly fromStart: boolean },
): Promise<PreparedJob> {
  const file = ledgerFile(folder);
  const recorded = parseJob(content, file);
  const job = await usableJob(recorded, overrideJob(recorded, set), `ledger ${file}`);
  const dataSet = await loadDataSet(job);
  if (dataSet.digest !== dataDigest) {
    throw new InputError(
      `ledger ${file}: the run was trained on data ${dataDigest.slice(0, 12)}…, the job's data are ${dataSet.digest.slice(0, 12)}…`,
    );
  }
  const prepared = await prepareJob(job, dataSet, fromStart ? await loadInitialWeights(job) : undefined);
  if (prepared.digest !== jobDigest) throw new InputError(`ledger ${file}: its job does not have the digest it states`);
  return prepared;
}

/** Runs the replay to its end, showing how far it is. */
async function follow(
  { start, to }: ReplayPlan,
  steps: ReturnType<typeof replay>,
  output: Output,
): Promise<ReplayVerdict> {
  const show = (step: number) =>
    output.show({ parts: [{ text: `step ${step}/${to}`, rank: 0 }], done: (step - start.step) / (to - start.step) });
  let [turned, printed] = [performance.now(), performance.now()];
  try {
    for (;;) {
      const next = steps.next();
      if (next.done === true) return next.value;
      const now = performance.now();
      if (now - turned > turnInterval) {
        show(next.value);
        await turn();
        turned = now;
      }
      if (!output.isLive && now - printed > plainInterval) {
        output.print(`step ${next.value}/${to}`);
        printed = now;
      }
    }
  } finally {
    output.stop();
  }
}

/** A step that the ledger contradicts itself about, if it is among those that are looked at. */
function faultWithin(contradiction: number | undefined, to: number): number | undefined {
  return contradiction !== undefined && contradiction <= to ? contradiction : undefined;
}

/** What a replay has found out, the ledger's own faults included. */
type Finding =
  | ReplayVerdict
  | {
      readonly type: 'broken';
      readonly file: string;
      readonly line: number;
      readonly reason: string;
      readonly step?: number;
    };

function findingOf(
  folder: string,
  verdict: ReplayVerdict,
  { broken }: Ledger,
  contradiction: number | undefined,
): Finding {
  if (verdict.type === 'differs') return verdict;
  if (contradiction !== undefined) {
    return { type: 'differs', step: contradiction, difference: 'the ledger states it twice, with different results' };
  }
  if (broken === undefined) return verdict;
  const { line, reason, step } = broken;
  return { type: 'broken', file: ledgerFile(folder), line, reason, ...(step === undefined ? {} : { step }) };
}

/** What a machine reads of it. */
function findingJson({ type, ...finding }: Finding, place: { run: string; from: number; to: number }): object {
  return { ...place, verdict: type, ...finding };
}

function describeFinding(finding: Finding, { start, to }: ReplayPlan): string {
  switch (finding.type) {
    case 'differs':
      return `${colors.red(`differs at step ${finding.step}`)}: ${finding.difference}`;
    case 'broken': {
      const where = finding.step === undefined ? '' : ` (step ${finding.step})`;
      return `${colors.red(`ledger ${finding.file}, line ${finding.line}${where}`)}: ${finding.reason}`;
    }
    case 'agrees': {
      const { steps, parameters, checkpoints } = finding;
      const files = checkpoints === 1 ? '1 checkpoint' : `${checkpoints} checkpoints`;
      return `${colors.green('agrees')}: all ${steps} steps from ${start.step + 1} to ${to} and ${files}; parameters SHA-256 ${parameters}`;
    }
    default:
      return finding satisfies never;
  }
}
