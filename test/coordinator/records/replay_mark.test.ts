import { describe, expect, it } from 'vitest';
import { replayedSteps, replayMarkFile, writeReplayMark } from '../../../coordinator/records/replay_mark.ts';
import { newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { summarizeRun } from '../../../coordinator/records/run_summary.ts';
import { jobDigest } from '../../../shared/job/job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

/** A run that is done, and the mark of a replay that agreed with it. */
async function replayedRun() {
  const disk = new MemoryDisk();
  await recordedRun(disk);
  const { checkpoint } = await newestCheckpoint(folder, { disk });
  const { job, step, parametersDigest } = checkpoint;
  const mark = { jobDigest: jobDigest(job), step, steps: step, parameters: parametersDigest };
  await writeReplayMark(folder, mark, disk);
  return { disk, checkpoint, mark };
}

describe('the mark of a replay', () => {
  it('says how many steps were recomputed to the parameters', async () => {
    const { disk, checkpoint } = await replayedRun();
    expect(await replayedSteps(folder, checkpoint, disk)).toBe(12);
    expect(await summarizeRun(folder, { disk })).toMatchObject({ replayedSteps: 12 });
  });

  it.each([
    ['another job', { jobDigest: 'ab'.repeat(32) }],
    ['an earlier step', { step: 11 }],
    ['other parameters', { parameters: 'ab'.repeat(32) }],
  ])('counts for nothing if it is of %s', async (_, other) => {
    const { disk, checkpoint, mark } = await replayedRun();
    await writeReplayMark(folder, { ...mark, ...other }, disk);
    expect(await replayedSteps(folder, checkpoint, disk)).toBeUndefined();
  });

  it.each([
    ['torn', '{"format": "gradswarm replay", "vers'],
    ['of another version', '{"format": "gradswarm replay", "version": 2}'],
    ['too large', ' '.repeat(70_000)],
  ])('counts for nothing if it is %s', async (_, content) => {
    const { disk, checkpoint } = await replayedRun();
    disk.files.set(replayMarkFile(folder), new TextEncoder().encode(content));
    expect(await replayedSteps(folder, checkpoint, disk)).toBeUndefined();
  });

  it('is not there before a replay', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk);
    expect(await summarizeRun(folder, { disk })).toMatchObject({ replayedSteps: undefined });
  });
});
