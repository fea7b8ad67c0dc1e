import { describe, expect, it } from 'vitest';
import { CheckpointSaver } from '../../../coordinator/records/checkpoint_saver.ts';
import { MemoryDisk } from './memory_disk.ts';

function createSaver(policy = { steps: 10, seconds: 0, keep: 2 }) {
  const disk = new MemoryDisk();
  const troubles: string[] = [];
  const encoded: number[] = [];
  const clock = { now: 0 };
  const saver = new CheckpointSaver({
    folder: 'run',
    disk,
    policy,
    firstStep: 0,
    now: () => clock.now,
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
  evaluation: { test: { loss: 1, metrics: { accuracy }, samples: 1 } },
});
const steps = (disk: MemoryDisk) =>
  [...disk.files.keys()].flatMap((name) => /step-0*(\d+)/.exec(name)?.[1] ?? []).map(Number);

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
      clock.now += 1000;
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

  it('holds at most the newest and the best while one is written', async () => {
    const { saver, disk } = createSaver({ steps: 1, seconds: 0, keep: 100 });
    saver.onStep(1);
    saver.onEpoch(10, [epoch(1, 0.9)]);
    for (let step = 11; step <= 50; step++) saver.onStep(step);
    await saver.lastSaved();
    expect(steps(disk)).toEqual([1, 10, 50]);
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
