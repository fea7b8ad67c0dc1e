// `gradswarm data`: what a job's data set holds, as it was read.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob } from '../jobs/job_files.ts';
import { describeData, fitted } from './data_report.ts';
import { inJob } from './named_job.ts';

export interface DataFlags {
  readonly set: readonly string[];
}

export async function describeDataOf(jobName: string, { set }: DataFlags): Promise<number> {
  const job = await loadJob(jobName, set);
  const lines = describeData(await inJob(jobName, () => loadDataSet(job)));
  const title = fitted(`${job.name}  ${job.description ?? ''}`.trimEnd());
  console.log(`${colors.bold(job.name)}${title.slice(job.name.length)}`);
  for (const line of lines) console.log(line);
  return exitCodes.success;
}
