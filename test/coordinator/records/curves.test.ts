import { describe, expect, it } from 'vitest';
import { Curves } from '../../../coordinator/records/curves.ts';
import { encodeEvent } from '../../../coordinator/records/event_encoding.ts';
import { EventFile } from '../../../coordinator/records/event_file.ts';
import type { EpochRecord } from '../../../coordinator/training/evaluation.ts';
import { decodeEvents } from './decoded_events.ts';
import { MemoryDisk } from './memory_disk.ts';

const time = () => 1_795_000_000.25;
const now = () => 0;
const file = '/run/events.out.tfevents.1795000000.gradswarm.0';

const epoch = (number: number): EpochRecord => ({
  epoch: number,
  step: 250 * number,
  evaluation: {
    training: { loss: 0.5, metrics: { accuracy: 0.75 }, samples: 8 },
    test: { loss: 0.25, metrics: { accuracy: 0.5 }, samples: 4 },
  },
});

async function eventsIn(disk: MemoryDisk, path = file) {
  return decodeEvents(await disk.read(path));
}

describe('an event', () => {
  it('is written as TensorFlow writes it', () => {
    // tf.summary's first record, but for its time.
    expect(encodeEvent({ time: 0, step: 0, content: { type: 'version' } }).toString('hex')).toMatch(
      /^1a00000000000000.{8}090000000000000000.*1a0d627261696e2e4576656e743a32.{8}$/,
    );
  });

  it('holds what a reader finds in it, steps of any size included', () => {
    const values = [
      ['loss/test', 0.5],
      ['accuracy/test', 0.75],
    ] as const;
    for (const step of [1, 127, 128, 300, 2 ** 32 - 1]) {
      const [event] = decodeEvents(encodeEvent({ time: 2.5, step, content: { type: 'scalars', values } }));
      expect(event).toEqual({ time: 2.5, step, scalars: { 'loss/test': 0.5, 'accuracy/test': 0.75 } });
    }
  });
});

describe('curves for TensorBoard', () => {
  it('have a point for each epoch and set, and averages of mini-batches between them', async () => {
    const disk = new MemoryDisk();
    const curves = new Curves({ folder: '/run', disk, stepsPerEpoch: 250, resumedFrom: undefined, now, time });
    for (let step = 1; step <= 250; step++) curves.onStep(step, { loss: step % 3, metrics: { accuracy: 0.5 } });
    curves.onEpoch([epoch(1)]);
    await curves.finish();
    const [first, ...events] = await eventsIn(disk);
    expect(first).toEqual({ time: time(), step: 0, version: 'brain.Event:2' });
    expect(events).toHaveLength(83 + 1);
    expect(events[0]).toEqual({ time: time(), step: 3, scalars: { 'loss/mini-batch': 1, 'accuracy/mini-batch': 0.5 } });
    expect(events.at(-1)).toEqual({
      time: time(),
      step: 250,
      scalars: { 'loss/training': 0.5, 'accuracy/training': 0.75, 'loss/test': 0.25, 'accuracy/test': 0.5 },
    });
  });

  it('are written while an epoch goes on, every few seconds', async () => {
    const disk = new MemoryDisk();
    const clock = { now: 0 };
    const options = { folder: '/run', disk, stepsPerEpoch: 1000, resumedFrom: undefined, time };
    const curves = new Curves({ ...options, now: () => clock.now });
    const appends = () => disk.log.filter((line) => line.startsWith('append')).length;
    for (let step = 1; step <= 30; step++) curves.onStep(step, { loss: 1, metrics: {} });
    expect(appends()).toBe(0);
    clock.now = 5_000;
    for (let step = 31; step <= 40; step++) curves.onStep(step, { loss: 1, metrics: {} });
    while (appends() === 0) await Promise.resolve();
    expect((await eventsIn(disk)).map(({ step }) => step)).toEqual([0, 10, 20, 30, 40]);
  });

  it('go on in a file of their own when the run is resumed, from the step after its checkpoint', async () => {
    const disk = new MemoryDisk();
    await new Curves({ folder: '/run', disk, stepsPerEpoch: 1, resumedFrom: undefined, now, time }).finish();
    await new Curves({ folder: '/run', disk, stepsPerEpoch: 1, resumedFrom: 7, now, time }).finish();
    const events = await eventsIn(disk, '/run/events.out.tfevents.1795000000.gradswarm.1');
    expect(events.slice(1)).toEqual([{ time: time(), step: 8, isStart: true }]);
  });
});

describe('an event file', () => {
  it('is whole again once a full disk has room, and misses nothing', async () => {
    const disk = new MemoryDisk();
    const events = new EventFile({ folder: '/run', disk, time });
    await events.flush();
    events.add(1, { type: 'scalars', values: [['loss/test', 1]] });
    disk.capacity = (await disk.read(file)).length + 10;
    await events.flush();
    events.add(2, { type: 'scalars', values: [['loss/test', 2]] });
    disk.capacity = Number.POSITIVE_INFINITY;
    await events.flush();
    expect((await eventsIn(disk)).map(({ step }) => step)).toEqual([0, 1, 2]);
  });
});
