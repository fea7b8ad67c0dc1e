// Runs that begin with other weights, or leave some of them as they are: resumed and replayed to the same bits.

import { describe, expect, it } from 'vitest';
import { newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { type Job, parseJob } from '../../../shared/job/job.ts';
import { type WeightsFile, weightsForUse } from '../../../shared/safetensors/weights.ts';
import { tinyJob } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun, replayedRun } from './recorded_run.ts';

const digest = 'ab'.repeat(32);

/** The weights that the tiny job ends with. */
async function trained(): Promise<WeightsFile> {
  const disk = new MemoryDisk();
  await recordedRun(disk);
  const { checkpoint } = await newestCheckpoint(folder, { disk });
  return { file: 'trained', digest, weights: weightsForUse(checkpoint.tensors.values()) };
}

const initialize = { checkpoint: '/elsewhere.safetensors', digest };
const adapters = { kind: 'lora', rank: 2, alpha: 4, targets: ['dense*.weight'] };
const jobs: Readonly<Record<string, Job>> = {
  'frozen random weights': parseJob({ ...tinyJob, freeze: ['dense1.*'] }, 'test'),
  'a new head on a frozen trunk': parseJob(
    { ...tinyJob, seed: 9, initialize: { ...initialize, except: ['dense2.*'] }, freeze: ['dense1.*'] },
    'test',
  ),
  'a warm start': parseJob({ ...tinyJob, seed: 9, initialize }, 'test'),
  adapters: parseJob({ ...tinyJob, seed: 9, initialize, adapters }, 'test'),
};

describe.each(Object.entries(jobs))('a run of %s', (_, job) => {
  const initialOf = async () => (job.initialize === undefined ? undefined : trained());

  it('has the same bits when it is resumed in the middle of an epoch, without the weights that it began with', async () => {
    const initial = await initialOf();
    const { state } = await recordedRun(new MemoryDisk(), { job, initial });
    const disk = new MemoryDisk();
    await recordedRun(disk, { job, initial, stopAfter: 5 });
    const resumed = await recordedRun(disk, { job });
    expect(resumed.state.parametersDigest).toBe(state.parametersDigest);
    expect(resumed.state.frozenDigest).toBe(state.frozenDigest);
  });

  it('agrees when it is replayed, from the beginning and from a checkpoint', async () => {
    const initial = await initialOf();
    const disk = new MemoryDisk();
    const { state } = await recordedRun(disk, { job, initial });
    const parameters = state.parametersDigest;
    expect(await replayedRun(disk, { job, initial })).toMatchObject({ type: 'agrees', steps: 12, parameters });
    expect(await replayedRun(disk, { job, from: 7 })).toMatchObject({ type: 'agrees', steps: 5, parameters });
  });
});

describe('the frozen weights of a run', () => {
  const job = jobs['frozen random weights'] ?? tinyJob;
  const frozenName = async (disk: MemoryDisk) =>
    (await disk.list(folder)).find((name) => name.startsWith('frozen-')) ?? '';

  it('stand in one file beside its checkpoints, which hold the others alone', async () => {
    const disk = new MemoryDisk();
    const { state } = await recordedRun(disk, { job });
    expect(await frozenName(disk)).toBe(`frozen-${state.frozenDigest?.slice(0, 16)}.safetensors`);
    const { checkpoint } = await newestCheckpoint(folder, { disk });
    expect(checkpoint.frozenDigest).toBe(state.frozenDigest);
    expect(checkpoint.tensors.get('optimizer.velocity')?.shape).toEqual([18]);
    expect([...checkpoint.tensors.keys()]).toContain('dense1.weight');
  });

  it('make every checkpoint useless where they are damaged: the file is named', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk, { job });
    const file = `${folder}/${await frozenName(disk)}`;
    const bytes = new Uint8Array(await disk.read(file));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    disk.files.set(file, bytes);
    await expect(newestCheckpoint(folder, { disk })).rejects.toThrow(new RegExp(`${file}: damaged: its content`));
  });
});
