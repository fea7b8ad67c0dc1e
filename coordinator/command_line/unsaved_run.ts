// A run that died before its first checkpoint: its folder has the job, and it begins again there. What its ledger holds
// already will be computed to the same bits.

import { existsSync } from 'node:fs';
import { InputError } from '../../shared/errors.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadInitialWeights } from '../data/weights_file.ts';
import { loadJob, overrideJob } from '../jobs/job_files.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../records/checkpoint.ts';
import { systemDisk } from '../records/disk.ts';
import { readLedger } from '../records/ledger.ts';
import { checkpointFile, checkpointSteps, type FoundCheckpoint, jobFile, ledgerFile } from '../records/run_folder.ts';
import { type RecordedJobRequest, usableJob } from './recorded_job.ts';

/** Whether a path is the folder of a run that has no checkpoint yet. */
export async function isUnsavedRun(path: string): Promise<boolean> {
  return existsSync(jobFile(path)) && (await checkpointSteps(path)).length === 0;
}

/**
 * The job of such a run with its data, in its initial state, and the checkpoint that it would have had there.
 * @throws {InputError} if another job is asked for, or its data are missing or not those that were trained on.
 */
export async function prepareUnsavedRun(
  folder: string,
  { name, set, dataMemory }: RecordedJobRequest,
): Promise<{ readonly prepared: PreparedJob; readonly found: FoundCheckpoint }> {
  const recorded = await loadJob(jobFile(folder));
  const asked = name === undefined ? overrideJob(recorded, set) : await loadJob(name, set);
  const job = await usableJob(recorded, asked, `run folder ${folder}`);
  const dataSet = await loadDataSet(job, dataMemory);
  await requireLedgersData(folder, dataSet.digest);
  const prepared = await prepareJob(job, dataSet, await loadInitialWeights(job));
  const file = checkpointFile(folder, 0);
  const { digest: dataDigest, fields } = dataSet;
  const start = encodeCheckpoint(prepared.state, { job, step: 0, dataDigest, fields, history: [] });
  return { prepared, found: { file, checkpoint: decodeCheckpoint(start, file), damaged: [] } };
}

/** @throws {InputError} if the ledger has begun, with other data. */
async function requireLedgersData(folder: string, digest: string): Promise<void> {
  const file = ledgerFile(folder);
  const [first] = existsSync(file) ? readLedger(await systemDisk.read(file)).records : [];
  if (first?.type !== 'run' || first.dataDigest === digest) return;
  const [then, now] = [first.dataDigest, digest].map((one) => `${one.slice(0, 12)}…`);
  throw new InputError(`ledger ${file}: the run was trained on data ${then}, the job's data are ${now}`);
}
