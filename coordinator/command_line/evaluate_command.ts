// `gradswarm evaluate`: a checkpoint measured on its job's data, in this process.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { evaluate as evaluateHere } from '../computation/own_computation.ts';
import { reportOf } from '../computation/prediction_report.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Result } from '../computation/weights.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';
import type { Evaluation } from '../training/evaluation.ts';
import { diagnoseFit, type FitDiagnosis } from '../training/fit_diagnosis.ts';
import { measurementText } from './metric_text.ts';
import { prepareCheckpoint } from './recorded_job.ts';
import { reportJson, reportLines } from './report_text.ts';
import { describeResult } from './training.ts';

export interface EvaluateFlags {
  /** Refuse a checkpoint of any other job than this one. */
  readonly job?: string;
  /** Overrides: where the data are now. */
  readonly set: readonly string[];
  readonly json?: true;
}

export async function evaluate(path: string, flags: EvaluateFlags): Promise<number> {
  const found = await openCheckpoint(path);
  const { file, checkpoint, damaged } = found;
  for (const reason of damaged) printWarning(reason);
  const prepared = await prepareCheckpoint(found, { name: flags.job, set: flags.set });
  const { job } = prepared;
  const result = prepared.state.weights.adoptResult();
  const evaluation = evaluateHere(prepared, checkpoint.step);
  // The last epoch's end is the checkpoint itself, where no steps have been done since.
  const earlier = checkpoint.history.filter(({ step }) => result === 'best' || step < checkpoint.step);
  const now = result === 'best' ? [] : [evaluation];
  const fit = diagnoseFit([...earlier.map((record) => record.evaluation), ...now]);
  if (flags.json) {
    console.log(JSON.stringify(evaluationJson(prepared, { found, result, evaluation, fit })));
    return exitCodes.success;
  }
  console.log(`${colors.bold(job.name)}  step ${checkpoint.step}  ${file}`);
  const which = describeResult(result, checkpoint.history);
  if (which !== undefined) console.log(`weights    ${which}`);
  for (const set of ['training', 'validation', 'test'] as const) {
    const measured = evaluation[set];
    if (measured === undefined) continue;
    console.log(`${set.padEnd(10)} ${measurementText(measured, '  ')}  (${measured.samples} samples)`);
  }
  printReport(prepared, reportedSet(evaluation));
  if (fit !== undefined) console.log(fit.sentence);
  console.log(`parameters SHA-256 ${prepared.state.parametersDigest}`);
  return exitCodes.success;
}

/** The set whose predictions are reported one by one. */
function reportedSet({ test }: Evaluation): 'validation' | 'test' {
  return test === undefined ? 'validation' : 'test';
}

interface Evaluated {
  readonly found: FoundCheckpoint;
  readonly result: Result;
  readonly evaluation: Evaluation;
  readonly fit: FitDiagnosis | undefined;
}

/** What a machine reads of it all. */
function evaluationJson(prepared: PreparedJob, { found, result, evaluation, fit }: Evaluated): object {
  const { job, digest, state } = prepared;
  const set = reportedSet(evaluation);
  const report = reportOf(prepared, set);
  return {
    checkpoint: found.file,
    job: job.name,
    jobDigest: digest,
    step: found.checkpoint.step,
    weights: result,
    evaluation,
    predictions: report === undefined ? null : { set, ...reportJson(report) },
    fit: fit ?? null,
    fingerprint: state.parametersDigest,
  };
}

/** What the sums do not say: class by class, target by target. */
function printReport(prepared: PreparedJob, set: 'validation' | 'test'): void {
  const report = reportOf(prepared, set);
  if (report === undefined) return;
  console.log(`predictions on ${set} data`);
  for (const line of reportLines(report)) console.log(line);
}
