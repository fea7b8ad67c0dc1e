import { describe, expect, it } from 'vitest';
import { Credit } from '../../../coordinator/training/credit.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';
import { Telemetry } from '../../../coordinator/web/telemetry.ts';
import type { RunView } from '../../../shared/watch/messages.ts';

const run: RunView = {
  name: 'tiny',
  description: '',
  digest: 'd',
  job: '{}',
  totalSteps: 100_000,
  stepsPerEpoch: 10,
  parameters: 5,
  trainingSamples: 200,
  teaches: { takes: 'picture', gives: 'classes', outputs: 10 },
  unitsPerStep: 4,
  access: 'open',
};
const state = { phase: 'training', step: 1 } as const;
const worker = 'w' as WorkerId;
const contributor = { id: 'anonymous', kind: 'anonymous' } as const;
const telemetryOf = () =>
  new Telemetry({ run, credit: new Credit({ microbatchSize: 5, maximum: 10 }), microbatchSize: 5 });
const measured = (loss: number) => ({ loss, metrics: { accuracy: 0.5 }, samples: 20 });

describe('Telemetry', () => {
  it('tells what is new, and all of it to whoever begins to watch', () => {
    const telemetry = telemetryOf();
    telemetry.onStep(1, measured(2), [], 0);
    telemetry.onStep(2, measured(1), [], 10);
    expect(telemetry.update(state, [])).toMatchObject({
      type: 'update',
      steps: [
        { step: 1, loss: 2, accuracy: 0.5 },
        { step: 2, loss: 1, duration: 10 },
      ],
    });
    telemetry.onEpoch({ epoch: 1, step: 2, evaluation: { test: measured(0.5) } }, 20);
    expect(telemetry.update(state, [])).toMatchObject({ steps: [], epochs: [{ epoch: 1, test: { loss: 0.5 } }] });
    expect(telemetry.snapshot(state, [])).toMatchObject({ type: 'snapshot', run, steps: [{}, {}], epochs: [{}] });
  });

  it('stays small however long the run is, and keeps the means', () => {
    const telemetry = telemetryOf();
    for (let step = 1; step <= 100_000; step++) telemetry.onStep(step, measured(step % 2), [], step);
    const message = telemetry.snapshot(state, []);
    expect(message.steps.length).toBeLessThanOrEqual(512);
    expect(message.steps.length).toBeGreaterThan(128);
    for (const { loss } of message.steps) expect(loss).toBeCloseTo(0.5);
  });

  it('sends a snapshot instead of an update when points were merged', () => {
    const telemetry = telemetryOf();
    telemetry.update(state, []);
    for (let step = 1; step <= 600; step++) telemetry.onStep(step, measured(1), [], step);
    expect(telemetry.update(state, []).type).toBe('snapshot');
    expect(telemetry.update(state, []).type).toBe('update');
  });

  it('counts what each worker gave', () => {
    const telemetry = telemetryOf();
    telemetry.onWorkers({ type: 'joined', worker, kind: 'browser', address: 'here', contributor, workers: 1 });
    telemetry.onStep(1, measured(1), [{ worker, shard: { first: 0, count: 4 }, digest: 1 }], 0);
    const { state: told } = telemetry.update(state, [{ id: worker, leases: 1, perSample: 0.5, latency: 3 }]);
    expect(told.workers).toEqual([
      {
        id: 'w',
        kind: 'browser',
        person: 'anonymous',
        address: 'here',
        samples: 20,
        contributions: 1,
        leases: 1,
        speed: 2000,
        latency: 3,
      },
    ]);
    telemetry.onWorkers({ type: 'left', worker, reason: '', workers: 0 });
    expect(telemetry.update(state, [{ id: worker, leases: 0, perSample: 1, latency: 1 }]).state.workers).toEqual([]);
  });

  it('counts no more samples than a mini-batch has, where its last microbatch is smaller', () => {
    const telemetry = telemetryOf();
    telemetry.onWorkers({ type: 'joined', worker, kind: 'node', address: 'here', contributor, workers: 1 });
    telemetry.onStep(1, { ...measured(1), samples: 13 }, [{ worker, shard: { first: 2, count: 2 }, digest: 1 }], 0);
    telemetry.onStep(2, { ...measured(1), samples: 13 }, [{ worker, shard: { first: 0, count: 1 }, digest: 1 }], 100);
    const { state: told } = telemetry.update(state, [{ id: worker, leases: 0, perSample: 1, latency: 1 }]);
    expect(told.workers).toMatchObject([{ samples: 3 + 5 }]);
    expect(told.samplesPerSecond).toBe(130);
  });

  it('shows the steps of before a resume, of which less is known', () => {
    const telemetry = telemetryOf();
    telemetry.onPastStep(1, 3);
    expect(telemetry.snapshot(state, []).steps).toEqual([{ step: 1, loss: 3 }]);
  });
});
