// `gradswarm evaluate`: a checkpoint measured on its job's data, in this process.

import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { differences } from '../../shared/job/job.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob } from '../jobs/job_files.ts';
import { requireSameData, restoreCheckpoint } from '../records/checkpoint.ts';
import { openCheckpoint } from '../records/run_folder.ts';
import { evaluationBlocks, evaluationFromBlocks, type SampleSums } from '../training/evaluation.ts';
import { diagnoseFit } from '../training/fit_diagnosis.ts';
import { percent } from './progress.ts';

export interface EvaluateFlags {
  /** Refuse a checkpoint of any other job than this one. */
  readonly job?: string;
}

export async function evaluate(path: string, flags: EvaluateFlags): Promise<number> {
  const { file, checkpoint, damaged } = await openCheckpoint(path);
  for (const reason of damaged) printWarning(reason);
  const { job, directory } = flags.job === undefined ? checkpoint : await loadJob(flags.job, []);
  const changed = differences(checkpoint.job, job);
  if (changed.length > 0)
    throw new InputError(`checkpoint ${file} is of another job: they differ in ${changed.join(', ')}`);
  const prepared = await prepareJob(job, await loadDataSet(job.data, directory));
  requireSameData(checkpoint, prepared.data.dataSet, file);
  restoreCheckpoint(prepared.state, checkpoint, file);

  const { data, state } = prepared;
  const blocks = evaluationBlocks(data.evaluationSizes);
  const results = new Map<number, SampleSums>();
  blocks.forEach((block, index) => {
    const work = { purpose: 'evaluation', step: checkpoint.step, shard: { first: index, count: 1 }, block } as const;
    const { lossSum, samples, metricSums } = state.replica.evaluate(data.samplesOf(work));
    results.set(index, { lossSum, samples, metricSums: { ...metricSums } });
  });
  const evaluation = evaluationFromBlocks(blocks, results);
  console.log(`${colors.bold(job.name)}  step ${checkpoint.step}  ${file}`);
  for (const set of ['training', 'validation', 'test'] as const) {
    const measured = evaluation[set];
    if (measured === undefined) continue;
    const accuracy = measured.metrics.accuracy === undefined ? '' : `  accuracy ${percent(measured.metrics.accuracy)}`;
    console.log(`${set.padEnd(10)} loss ${measured.loss.toFixed(4)}${accuracy}  (${measured.samples} samples)`);
  }
  const fit = diagnoseFit([...checkpoint.history.map((record) => record.evaluation), evaluation]);
  if (fit !== undefined) console.log(fit.sentence);
  console.log(`parameters SHA-256 ${state.parametersDigest}`);
  return exitCodes.success;
}
