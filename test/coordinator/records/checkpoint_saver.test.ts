import { describe, expect, it } from 'vitest';
import { CheckpointSaver } from '../../../coordinator/records/checkpoint_saver.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';
import { MemoryDisk } from './memory_disk.ts';

function createSaver(policy = { steps: 10, seconds: 0, keep: 2 }, { maximumWaiting = 1000, startStep = 0 } = {}) {
  const disk = new MemoryDisk();
  const troubles: string[] = [];
  const encoded: number[] = [];
  const clock = new ScriptedClock();
  const saver = new CheckpointSaver({
    folder: 'run',
    disk,
    policy,
    startStep,
    maximumWaiting,
    now: clock.now,
    schedule: clock.schedule,
    lastWhole: async () => steps(disk).sort((one, other) => other - one)[0],
    encode: (step) => {
      encoded.push(step);
      return new Uint8Array(100).fill(step);
    },
    beforeWrite: () => disk.sync('run/ledger'),
    onTrouble: (line) => troubles.push(line),
  });
  disk.files.set('run/ledger', new Uint8Array(0));
  return { saver, disk, troubles, encoded, clock };
}

const epoch = (number: number, accuracy: number) => ({
  epoch: number,
  step: 10 * number,
  evaluation: { validation: { loss: 1 - accuracy, metrics: { accuracy }, samples: 1 } },
});
const steps = (disk: MemoryDisk) =>
  [...disk.files.keys()].flatMap((name) => /step-0*(\d+)/.exec(name)?.[1] ?? []).map(Number);
/** The steps of the checkpoints that became visible, in that order. */
const written = (disk: MemoryDisk) =>
  disk.log.flatMap((entry) => /^rename .*step-0*(\d+)/.exec(entry)?.[1] ?? []).map(Number);

/** Lets no checkpoint be written until what is returned is called. */
function holdWrites(disk: MemoryDisk): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { create } = disk;
  disk.create = async (path, bytes) => {
    await held;
    await create(path, bytes);
  };
  return release;
}

describe('CheckpointSaver', () => {
  it('saves when a checkpoint is due', async () => {
    const { saver, encoded } = createSaver();
    for (let step = 1; step <= 35; step++) saver.onStep(step);
    expect(encoded).toEqual([10, 20, 30]);
    expect(await saver.lastSaved()).toBe('run/step-00000030.safetensors');
  });

  it('saves after so much time, too', async () => {
    const { saver, encoded, clock } = createSaver({ steps: 0, seconds: 5, keep: 2 });
    for (let step = 1; step <= 12; step++) {
      clock.advance(1000);
      saver.onStep(step);
    }
    expect(encoded).toEqual([5, 10]);
    await saver.lastSaved();
  });

  it('makes the ledger durable before a checkpoint appears, and removes older ones only after', async () => {
    const { saver, disk } = createSaver({ steps: 1, seconds: 0, keep: 1 });
    saver.onStep(1);
    await saver.lastSaved();
    disk.log.length = 0;
    saver.onStep(2);
    await saver.lastSaved();
    expect(disk.log).toEqual([
      'sync run/ledger',
      'create run/step-00000002.safetensors.tmp',
      'sync run/step-00000002.safetensors.tmp',
      'rename run/step-00000002.safetensors',
      'syncFolder run',
      'remove run/step-00000001.safetensors',
    ]);
  });

  it('keeps the last few and the best', async () => {
    const { saver, disk } = createSaver();
    const history = [0.5, 0.9, 0.8, 0.7, 0.6].map((accuracy, index) => epoch(index + 1, accuracy));
    for (const [index, { step }] of history.entries()) {
      saver.onEpoch(step, history.slice(0, index + 1));
      await saver.lastSaved();
    }
    expect(steps(disk)).toEqual([20, 40, 50]);
  });

  it('writes every checkpoint that was asked for, in order, however slow the disk is', async () => {
    const { saver, disk, troubles } = createSaver({ steps: 7, seconds: 0, keep: 100 }, { maximumWaiting: 100_000 });
    const release = holdWrites(disk);
    for (let step = 1; step <= 200; step++) {
      if (step % 50 === 0) saver.onEpoch(step, []);
      else saver.onStep(step);
    }
    release();
    await saver.lastSaved();
    const due = Array.from({ length: 200 }, (_, index) => index + 1).filter(
      (step) => step % 7 === 0 || step % 50 === 0,
    );
    expect(steps(disk)).toEqual(due);
    expect(written(disk)).toEqual(due);
    expect([troubles, saver.skipped]).toEqual([[], 0]);
  });

  it('leaves out what would be pruned by the time that it is written, without a word', async () => {
    const { saver, disk, troubles } = createSaver({ steps: 1, seconds: 0, keep: 2 });
    const release = holdWrites(disk);
    saver.onStep(1);
    saver.onEpoch(10, [epoch(1, 0.9)]);
    for (let step = 11; step <= 50; step++) saver.onStep(step);
    release();
    await saver.lastSaved();
    expect(written(disk)).toEqual([1, 10, 49, 50]);
    expect(steps(disk)).toEqual([10, 49, 50]);
    expect([troubles, saver.skipped]).toEqual([[], 0]);
  });

  it('skips the oldest but the best when the memory for them is used up, says so, and counts them', async () => {
    const { saver, disk, troubles } = createSaver({ steps: 1, seconds: 0, keep: 100 }, { maximumWaiting: 500 });
    const release = holdWrites(disk);
    saver.onStep(1);
    saver.onEpoch(10, [epoch(1, 0.9)]);
    for (let step = 11; step <= 50; step++) saver.onStep(step);
    expect(saver.skipped).toBe(36);
    release();
    await saver.lastSaved();
    expect(written(disk)).toEqual([1, 10, 47, 48, 49, 50]);
    expect(troubles).toEqual([
      expect.stringMatching(/^the disk cannot keep up: the checkpoint of step 11 is skipped, .* training goes on$/),
      'the disk has caught up: 36 checkpoints were skipped, of steps 11 to 46',
    ]);
  });

  it('writes the best and the newest even if each is larger than that memory', async () => {
    const { saver, disk } = createSaver({ steps: 1, seconds: 0, keep: 100 }, { maximumWaiting: 10 });
    const release = holdWrites(disk);
    saver.onStep(1);
    saver.onEpoch(10, [epoch(1, 0.9)]);
    for (let step = 11; step <= 13; step++) saver.onStep(step);
    release();
    expect(await saver.lastSaved()).toBe('run/step-00000013.safetensors');
    expect(written(disk)).toEqual([1, 10, 13]);
  });

  it('never removes the checkpoint that the run began with', async () => {
    const { saver, disk } = createSaver({ steps: 1, seconds: 0, keep: 1 }, { startStep: 20 });
    disk.files.set('run/step-00000020.safetensors', new Uint8Array(100));
    for (const step of [21, 22]) {
      saver.onStep(step);
      await saver.lastSaved();
    }
    expect(steps(disk)).toEqual([20, 22]);
  });

  it('says once that the disk is full, goes on, and says when there is room again', async () => {
    const { saver, disk, troubles } = createSaver();
    saver.onStep(10);
    await saver.lastSaved();
    disk.capacity = 150;
    for (const step of [20, 30]) {
      saver.onStep(step);
      expect(await saver.lastSaved()).toBeUndefined();
    }
    expect(troubles).toEqual([
      'checkpoint run/step-00000020.safetensors could not be written (ENOSPC); training goes on',
    ]);
    expect(steps(disk)).toEqual([10]);
    disk.capacity = 1000;
    saver.onStep(40);
    expect(await saver.lastSaved()).toBe('run/step-00000040.safetensors');
    expect(troubles[1]).toBe('checkpoints can be written again: run/step-00000040.safetensors');
  });
});

describe('the last checkpoint, on a full disk', () => {
  /** Four checkpoints of 100 bytes, of steps 1 to 4; 2 is the best, 1 is what the run began with; no room for another. */
  async function fullDisk() {
    const parts = createSaver({ steps: 0, seconds: 0, keep: 10 }, { startStep: 1 });
    const { saver, disk } = parts;
    for (const step of [1, 2, 3, 4]) {
      saver.save(step);
      await saver.lastSaved();
    }
    saver.resume([
      { epoch: 1, step: 2, evaluation: { validation: { loss: 1, metrics: { accuracy: 1 }, samples: 1 } } },
    ]);
    disk.capacity = 450;
    saver.save(5);
    return parts;
  }

  it('takes the place of the oldest that nobody needs', async () => {
    const { saver, disk, troubles } = await fullDisk();
    expect(await saver.keepLast(true)).toBe('run/step-00000005.safetensors');
    expect(steps(disk).sort()).toEqual([1, 2, 4, 5]);
    expect(troubles).toContain('the disk is full: the checkpoint of step 3 makes room for that of step 5');
  });

  it('takes that of the best and of the first, if need be, and never that of the newest before it is whole itself', async () => {
    const { saver, disk } = await fullDisk();
    disk.capacity = 200;
    expect(await saver.keepLast(true)).toBe('run/step-00000005.safetensors');
    expect(steps(disk)).toEqual([4, 5]);
    const removed = disk.log.flatMap((entry) => /^remove .*step-0*(\d+)\.safetensors$/.exec(entry)?.[1] ?? []);
    expect(removed).toEqual(['3', '1', '2']);
  });

  it('waits for room, saying so, and is written when there is some', async () => {
    const { saver, disk, troubles, clock } = await fullDisk();
    disk.capacity = 150;
    const kept = saver.keepLast(true);
    await clock.untilSomebodyWaits();
    expect(troubles.at(-1)).toMatch(
      /^the weights of step 5 wait for room, 0\.0 MiB in run; make some, or end this with Ctrl-C$/,
    );
    expect(steps(disk)).toEqual([4]);
    clock.advance(10_000);
    await clock.untilSomebodyWaits();
    disk.capacity = 1000;
    clock.advance(10_000);
    expect(await kept).toBe('run/step-00000005.safetensors');
    expect(steps(disk)).toEqual([4, 5]);
    expect(clock.pending).toBe(0);
  });

  it('waits no more once that is given up, and tells what remains', async () => {
    const { saver, disk, troubles, clock } = await fullDisk();
    disk.capacity = 150;
    const kept = saver.keepLast(true);
    await clock.untilSomebodyWaits();
    saver.giveUp();
    expect(await kept).toBeUndefined();
    expect(troubles.at(-1)).toBe(
      'the weights of step 5 could not be written (ENOSPC); those of run/step-00000004.safetensors remain',
    );
    expect([steps(disk), clock.pending]).toEqual([[4], 0]);
  });

  it('does not wait in a run that was stopped, and drops nothing where that would not help', async () => {
    const { saver, disk, troubles } = await fullDisk();
    disk.create = async () => {
      throw Object.assign(new Error('scripted'), { code: 'EROFS' });
    };
    disk.capacity = 1000;
    saver.save(6);
    expect(await saver.keepLast(false)).toBeUndefined();
    expect(steps(disk).filter((step) => step <= 4)).toEqual([1, 2, 3, 4]);
    expect(troubles.at(-1)).toMatch(
      /^the weights of step 6 could not be written \(EROFS\); those of .*0[45]\.safet.* remain$/,
    );
  });

  it('is what was written, where nothing went wrong', async () => {
    const { saver, troubles } = createSaver();
    saver.save(7);
    expect(await saver.keepLast(true)).toBe('run/step-00000007.safetensors');
    expect(troubles).toEqual([]);
  });
});
