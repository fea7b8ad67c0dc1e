// `gradswarm jobs`: what there is to train.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { listBuiltInJobs } from '../jobs/job_files.ts';

export interface JobsFlags {
  readonly json?: true;
}

export async function printJobs({ json }: JobsFlags): Promise<number> {
  const jobs = await listBuiltInJobs();
  if (json) {
    for (const job of jobs) console.log(JSON.stringify(job));
    return exitCodes.success;
  }
  const width = Math.max(...jobs.map(({ name }) => name.length));
  for (const { name, description } of jobs) console.log(`${colors.bold(name.padEnd(width))}  ${description}`);
  return exitCodes.success;
}
