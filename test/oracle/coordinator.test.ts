// The same outside oracle for the coordinator: a run that it conducts follows PyTorch through whole epochs, whose
// mini-batches are of fewer than 100 samples and the last of them short.

import { describe, expect, it } from 'vitest';
import { type PreparedJob, prepareJob } from '../../coordinator/computation/prepared_job.ts';
import { type Coordinator, startCoordinator } from '../../coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../../coordinator/coordinator_options.ts';
import { restoreCheckpoint } from '../../coordinator/records/checkpoint.ts';
import { newestCheckpoint } from '../../coordinator/records/run_folder.ts';
import type { StepEvent } from '../../coordinator/run/training_events.ts';
import { parseUrl } from '../../worker/process/coordinator_url.ts';
import { runNodeWorker } from '../../worker/process/node_worker.ts';
import { openEngine } from '../../worker/session/engine.ts';
import { MemoryDisk } from '../coordinator/records/memory_disk.ts';
import { type EpochsFixture, type OracleStep, readEpochsFixture } from './epochs_fixture.ts';

/** As in oracle.test.ts, where it is justified: relative to the loss and to the largest weight. */
const tolerance = 5e-6;

/** The fixture's job with the fixture's initial weights. */
async function prepare({ job, dataSet, initial }: EpochsFixture): Promise<PreparedJob> {
  const prepared = await prepareJob(job, dataSet);
  prepared.state.replica.setParameters(initial);
  return prepared;
}

interface DoneStep extends OracleStep {
  readonly contributions: StepEvent['contributions'];
}

/** Starts a run of what is prepared, and collects what each step gives. */
async function conduct(prepared: PreparedJob, options: Partial<CoordinatorOptions>, stopAfter?: number) {
  const done: DoneStep[] = [];
  const coordinator: Coordinator = await startCoordinator({
    ...options,
    prepared,
    onEvent: (event) => {
      if (event.type !== 'step') return;
      const { measurement, contributions, step } = event;
      const weights = prepared.state.replica.readParameters();
      done.push({ samples: measurement.samples, loss: measurement.loss, weights, contributions });
      if (step === stopAfter) coordinator.stop();
    },
  });
  return { coordinator, done };
}

function expectToFollow(done: readonly OracleStep[], expected: readonly OracleStep[]): void {
  expect(done.map(({ samples }) => samples)).toEqual(expected.map(({ samples }) => samples));
  for (const [index, { loss, weights }] of done.entries()) {
    const wanted = expected[index];
    if (wanted === undefined) throw new Error('there are as many steps as expected');
    expect(Math.abs(loss - wanted.loss) / wanted.loss, `loss of step ${index + 1}`).toBeLessThan(tolerance);
    expect(largestDifference(weights, wanted.weights), `weights of step ${index + 1}`).toBeLessThan(tolerance);
  }
}

/** Relative to the largest weight. */
function largestDifference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  return (
    wanted.reduce((most, weight, index) => Math.max(most, Math.abs(weight - (found[index] ?? Number.NaN))), 0) / scale
  );
}

describe('the coordinator', () => {
  it('follows PyTorch through whole epochs, computing everything itself', async () => {
    const fixture = await readEpochsFixture();
    const { coordinator, done } = await conduct(await prepare(fixture), {});
    await coordinator.outcome;
    expectToFollow(done, fixture.steps);
    expect(new Set(done.map(({ samples }) => samples))).toEqual(new Set([32, 6]));
  });

  it('follows it where workers and the coordinator share a mini-batch', async () => {
    const fixture = await readEpochsFixture();
    const listen = { host: '127.0.0.1', port: 0 };
    const { signal } = new AbortController();
    const engine = await openEngine();
    // Who computes what is decided by measured times: it is run again until a mini-batch has been shared.
    for (let isShared = false; !isShared; ) {
      const { coordinator, done } = await conduct(await prepare(fixture), { listen, ownShare: 'beside workers' });
      await using _ = coordinator;
      const url = parseUrl(coordinator.url ?? '');
      await runNodeWorker({ url, engine, retryFor: 0, signal, onEvent: () => undefined });
      await coordinator.outcome;
      expectToFollow(done, fixture.steps);
      isShared = done.some(({ contributions }) => contributions.length > 1);
    }
  });

  it('follows it where the run is stopped after each step and resumed from its checkpoint', async () => {
    const fixture = await readEpochsFixture();
    const disk = new MemoryDisk();
    const records = { folder: 'run', policy: { steps: 1, seconds: 0, keep: 1 } };
    const all: OracleStep[] = [];
    while (all.length < fixture.steps.length) {
      const prepared = await prepare(fixture);
      const checkpoint = all.length === 0 ? undefined : await newestCheckpoint('run', { disk });
      if (checkpoint !== undefined) restoreCheckpoint(prepared.state, checkpoint.checkpoint, checkpoint.file);
      expect(checkpoint?.checkpoint.step ?? 0).toBe(all.length);
      const { coordinator, done } = await conduct(
        prepared,
        { checkpoint, records, platform: { disk } },
        all.length + 1,
      );
      await coordinator.outcome;
      all.push(...done);
    }
    expectToFollow(all, fixture.steps);
  });
});
