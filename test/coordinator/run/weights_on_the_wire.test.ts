// Frozen weights, adapters and averaged weights over real sockets: what travels, to the same bits.

import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { type Coordinator, startCoordinator } from '../../../coordinator/coordinator.ts';
import { sharedCrew } from '../../../shared/crew/crew.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { type Job, parseJob } from '../../../shared/job/job.ts';
import { crewThreads } from '../../../shared/node/crew_threads.ts';
import { systemClock } from '../../../shared/node/system_clock.ts';
import type { Connection, ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { connectTo } from '../../../worker/process/node_connection.ts';
import type { WorkerEngine } from '../../../worker/session/computation.ts';
import type { Connect } from '../../../worker/session/connection.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { greatestLimits } from '../../../worker/session/limits.ts';
import { runWorker } from '../../../worker/session/session.ts';
import { root } from '../../source_files.ts';
import { validatedDataSet as dataSet, tinyJob } from '../tiny_job.ts';

const crewEntry = pathToFileURL(`${root}/dist/shared/node/crew_thread.js`);

const wide = {
  ...tinyJob,
  model: {
    layers: [
      { type: 'dense', units: 300 },
      { type: 'tanh' },
      { type: 'dense', units: 300 },
      { type: 'tanh' },
      { type: 'dense', units: 3 },
    ],
  },
};
const jobs = {
  whole: parseJob(wide, 'test'),
  frozen: parseJob({ ...wide, freeze: ['dense1.*', 'dense2.*'] }, 'test'),
  averaged: parseJob({ ...wide, averageWeights: { decay: 0.7 }, earlyStopping: { patience: 2 } }, 'test'),
  adapted: parseJob(
    { ...wide, adapters: { kind: 'lora', rank: 2, alpha: 4, targets: ['dense2.weight', 'dense3.weight'] } },
    'test',
  ),
} as const;

const coordinators: Coordinator[] = [];

afterEach(async () => {
  for (const coordinator of coordinators.splice(0)) await coordinator.close();
});

async function start(job: Job, ownShare: 'everything' | 'nothing') {
  const prepared = await prepareJob(job, dataSet);
  const listen = { host: '127.0.0.1', port: 0 };
  const run = await startCoordinator({ prepared, ownShare, ...(ownShare === 'nothing' ? { listen } : {}) });
  coordinators.push(run);
  return { run, prepared };
}

/** Counts the bytes of frames, either way. */
class Meter {
  received = 0;
  sent = 0;

  connect(connect: Connect): Connect {
    return async (handlers, signal): Promise<Connection> => {
      const counted: ConnectionHandlers = {
        ...handlers,
        onFrame: (frame) => {
          this.received += frame.length;
          handlers.onFrame(frame);
        },
        onFrameStart: (bytes) => {
          this.received += bytes;
          handlers.onFrameStart(bytes);
        },
      };
      const connection = await connect(counted, signal);
      const send: Connection['send'] = (frames, onSent) => {
        this.sent += frames.reduce((sum, { length }) => sum + length, 0);
        connection.send(frames, onSent);
      };
      return { ...connection, send };
    };
  }
}

let engine: WorkerEngine;
beforeAll(async () => {
  engine = await openEngine();
});

async function work(run: Coordinator, given: WorkerEngine): Promise<Meter> {
  const meter = new Meter();
  await runWorker({
    connect: meter.connect(connectTo(new URL('worker', run.url))),
    engine: given,
    kind: 'node',
    cores: 1,
    limits: greatestLimits,
    retryFor: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    clock: systemClock,
    random: () => 0.5,
  });
  return meter;
}

/** Trains a job on one worker alone, and again in process. */
async function train(job: Job, given: WorkerEngine = engine) {
  const { run, prepared } = await start(job, 'nothing');
  const meter = await work(run, given);
  const { parametersDigest, history } = await run.outcome;
  const reference = await start(job, 'everything');
  const outcome = await reference.run.outcome;
  expect(history).toEqual(outcome.history);
  const expected = outcome.parametersDigest;
  const steps = prepared.totalSteps;
  return { parametersDigest, expected, meter, bytesAStep: (meter.received + meter.sent) / steps, prepared };
}

describe('a run on a worker', () => {
  it.each(Object.entries(jobs))('(%s) has the bits of the in-process run', async (_, job) => {
    const { parametersDigest, expected } = await train(job);
    expect(parametersDigest).toBe(expected);
  });
});

describe('a run on a crew', () => {
  it('has the same bits, for the same bytes a step, however many threads there are', async () => {
    const alone = await train(jobs.whole);
    for (const threads of [1, 2, 4, 8]) {
      const crew = await openEngine(loadEngine, sharedCrew(crewThreads({ threads, entry: crewEntry })));
      const { parametersDigest, bytesAStep } = await train(jobs.whole, crew);
      expect(parametersDigest).toBe(alone.expected);
      // Leases differ a little from run to run; a gradient more in each step would be a third.
      expect(bytesAStep).toBeLessThan(1.2 * alone.bytesAStep);
    }
  });
});

describe('a run with frozen weights', () => {
  it('sends the frozen weights once, and each step only what is trained', async () => {
    const [whole, frozen, adapted] = [await train(jobs.whole), await train(jobs.frozen), await train(jobs.adapted)];
    const frozenBytes = frozen.prepared.state.frozenBytes.length;
    expect(frozenBytes).toBe(4 * (6 * 300 + 300 + 300 * 300 + 300));
    expect(adapted.prepared.state.replica.parameterCount).toBe(2 * (300 + 300) + 2 * (300 + 3));
    // Twelve steps, each with parameters down and a gradient for each of two leases up.
    expect(whole.bytesAStep).toBeGreaterThan(2 * 4 * 93_300);
    for (const { meter, prepared } of [frozen, adapted]) {
      const moving = (meter.received + meter.sent - prepared.state.frozenBytes.length) / prepared.totalSteps;
      expect(moving).toBeLessThan(whole.bytesAStep / 20);
    }
  });

  it('sends them to nobody who holds them', async () => {
    const own = await openEngine();
    const first = await train(jobs.frozen, own);
    const second = await train(jobs.frozen, own);
    const frozenBytes = first.prepared.state.frozenBytes.length;
    expect(first.meter.received).toBeGreaterThan(frozenBytes);
    expect(second.meter.received).toBeLessThan(frozenBytes / 2);
    expect(second.parametersDigest).toBe(first.parametersDigest);
  });

  it('sends others where a worker holds those of another job', async () => {
    const own = await openEngine();
    await train(jobs.frozen, own);
    const { parametersDigest, expected } = await train({ ...jobs.frozen, seed: 2 }, own);
    expect(parametersDigest).toBe(expected);
  });
});
