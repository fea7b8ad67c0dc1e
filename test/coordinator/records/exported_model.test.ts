import { describe, expect, it } from 'vitest';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { exportedModel } from '../../../coordinator/records/exported_model.ts';
import { newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { baseGraph, parseJob } from '../../../shared/job/job.ts';
import { largestDifference, type Predicted, runExported } from '../../shared/export/predictions.ts';
import { runPytorch } from '../../shared/pytorch/pytorch.ts';
import { runTensorflowJs } from '../../shared/tensorflow_js/tensorflow_js.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

const adapters = { kind: 'lora', rank: 2, alpha: 4, targets: ['dense*.weight'] };
const [pixels] = tinyDataSet.test.fields;

/** The adapted job, trained: what its model predicts, and what is exported of it. */
async function trained() {
  const disk = new MemoryDisk();
  const { state } = await recordedRun(disk, { job: parseJob({ ...tinyJob, adapters }, 'test') });
  const predicted = state.replica.predict({ ...tinyDataSet.test, count: 10 }).slice();
  return { predicted, model: exportedModel(await newestCheckpoint(folder, { disk })) };
}

describe('the exported model of a job with adapters', () => {
  it('is the model without them, with the weights that they have made of those that it began with', async () => {
    const { model } = await trained();
    const { state } = await prepareJob(tinyJob, tinyDataSet);
    const { offset = 0, elements = 0 } =
      state.replica.layout.tensors.find(({ name }) => name === 'dense1.weight') ?? {};
    const first = state.replica.readParameters().slice(offset, offset + elements);
    expect(largestDifference(first, model.weights.get('dense1.weight') ?? first)).toBeGreaterThan(1e-3);
    expect([...model.weights.keys()].sort()).toEqual(['dense1.bias', 'dense1.weight', 'dense2.bias', 'dense2.weight']);
    expect(model.graph).toEqual(baseGraph(tinyJob, tinyDataSet));
  });

  it('gives what the adapted model gives, in each format', async () => {
    const { model, predicted } = await trained();
    const exported: Predicted = {
      model,
      inputs: [{ name: 'features', values: pixels as Uint8Array, shape: [10, 6] }],
      outputs: predicted,
    };
    const [pytorch = new Float32Array()] = await runPytorch([exported]);
    const all = [(await runExported(exported)).values, pytorch, (await runTensorflowJs(exported)).values];
    expect(all.map((values) => largestDifference(predicted, values) < 1e-5)).toEqual([true, true, true]);
  });
});
