import { describe, expect, it } from 'vitest';
import { ModelState } from '../../../coordinator/computation/model_state.ts';
import { loadJob } from '../../../coordinator/jobs/job_files.ts';
import { decodeCheckpoint, encodeCheckpoint, restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { centeredGraph, centeredSamples, featureMeans, momentum } from '../../shared/engine/small_models.ts';
import { ops } from '../../shared/engine/test_ops.ts';

/** A model of 6 weights and a state of 3 running means, under an optimizer that would shrink whatever it gets. */
async function createState() {
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, centeredGraph(), { microbatchSize: 2, ops });
  replica.initialize(1);
  const optimizer = { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0.5 } as const;
  return new ModelState({ engine, replica, optimizer, metrics: [], concurrentGradients: 2 });
}

function step(state: ModelState, number: number): boolean {
  const samples = centeredSamples(5, number);
  const { gradient } = state.replica.computeShard(samples);
  const slot = state.gradients.take();
  state.gradients.bytes(slot).set(state.engine.bytes(gradient, 4 * state.replica.parameterCount));
  return state.applyGradient(slot, samples.count, 0.1, number);
}

const valuesOf = (state: ModelState) => state.replica.readParameters();

describe('ModelState of a model with a running statistic', () => {
  it('has the optimizer update the parameters, and the state follow its own rule', async () => {
    const state = await createState();
    const before = valuesOf(state);
    expect(step(state, 1)).toBe(true);
    const after = valuesOf(state);
    featureMeans(centeredSamples(5, 1)).forEach((mean, feature) => {
      expect(after[6 + feature]).toBeCloseTo((1 - momentum) * 0.5 + momentum * mean, 6);
    });
    expect(after.subarray(0, 6).every((value, index) => value !== before[index])).toBe(true);
  });

  it('says that a state is not finite any more', async () => {
    const state = await createState();
    const slot = state.gradients.take();
    state.gradients.bytes(slot).set(new Uint8Array(Float32Array.of(0, 0, 0, 0, 0, 0, 0, Infinity, 0).buffer));
    expect(state.applyGradient(slot, 1, 0.1, 1)).toBe(false);
  });

  it('goes on from a checkpoint to the same bits, which has the state under its name and no velocity for it', async () => {
    const state = await createState();
    step(state, 1);
    const job = await loadJob('mnist-mlp');
    const bytes = encodeCheckpoint(state, { job, step: 1, dataDigest: 'd0', fields: [], history: [] });
    const checkpoint = decodeCheckpoint(bytes, 'file');
    expect(checkpoint.tensors.get('mean')?.shape).toEqual([3]);
    expect(checkpoint.tensors.get('optimizer.velocity')?.shape).toEqual([6]);
    const resumed = await createState();
    restoreCheckpoint(resumed, checkpoint, 'file');
    expect(valuesOf(resumed)).toEqual(valuesOf(state));
    for (const each of [state, resumed]) step(each, 2);
    expect(valuesOf(resumed)).toEqual(valuesOf(state));
  });
});
