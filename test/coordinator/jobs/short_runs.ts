// The built-in jobs, each as a run that is short enough for any engine.

import { listBuiltInJobs, loadJob } from '../../../coordinator/jobs/job_files.ts';
import { jobGraph } from '../../../shared/job/job.ts';
import type { ShortRun } from '../../shared/engine/short_run.ts';
import { standIns } from './stand_ins.ts';

/** @param samples of a microbatch at most; the job's own, if left out */
export async function shortRunsOfJobs(samples = Number.POSITIVE_INFINITY): Promise<readonly ShortRun[]> {
  const names = (await listBuiltInJobs()).map(({ name }) => name);
  return Promise.all(
    names.map(async (name): Promise<ShortRun> => {
      const job = await loadJob(name);
      const fields = standIns[name];
      if (fields === undefined) throw new Error(`test/coordinator/jobs/stand_ins.ts: has no fields for ${name}`);
      const microbatchSize = Math.min(job.microbatchSize, samples);
      const { optimizer, seed } = job;
      return { name, graph: jobGraph(job, { fields }), fields, optimizer, seed, microbatchSize };
    }),
  );
}
