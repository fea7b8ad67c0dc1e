// `gradswarm jobs`: what there is to train.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { listBuiltInJobs } from '../jobs/job_files.ts';

export async function printJobs(): Promise<number> {
  const jobs = await listBuiltInJobs();
  const width = Math.max(...jobs.map(({ name }) => name.length));
  for (const { name, description } of jobs) console.log(`${colors.bold(name.padEnd(width))}  ${description}`);
  return exitCodes.success;
}
