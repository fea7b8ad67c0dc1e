import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportCheckpoint } from '../../../coordinator/command_line/export_command.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { encodeCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import { checkpointFile } from '../../../coordinator/records/run_folder.ts';
import type { Job } from '../../../shared/job/job.ts';
import { largestDifference } from '../../shared/export/predictions.ts';
import { runOnnx } from '../../shared/onnx/onnxruntime.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-export-'));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => rm(folder, { recursive: true }));

const samples = { count: 10, fields: tinyDataSet.test.fields };

/** A checkpoint of a job on the tiny data, and what its model predicts. */
async function checkpoint(job: Job = tinyJob) {
  const { state } = await prepareJob(job, tinyDataSet);
  const { digest, fields } = tinyDataSet;
  const file = checkpointFile(folder, 12);
  await writeFile(file, encodeCheckpoint(state, { job, step: 12, dataDigest: digest, fields, history: [] }));
  return { file, predicted: state.replica.predict(samples).slice() };
}

describe('exportCheckpoint', () => {
  it('writes an ONNX model that gives what the checkpoint’s model gives', async () => {
    const { file, predicted } = await checkpoint();
    const out = join(folder, 'tiny.onnx');
    expect(await exportCheckpoint(file, { format: 'onnx', out })).toBe(0);
    const features = { values: samples.fields[0] as Uint8Array, shape: [10, 6] };
    const { values, shape } = await runOnnx(await readFile(out), { features });
    expect(shape).toEqual([10, 3]);
    expect(largestDifference(predicted, values)).toBeLessThan(1e-5);
  });

  it('writes weights and a script for PyTorch, whose class is named after the job', async () => {
    const { file } = await checkpoint();
    const out = join(folder, 'tiny.safetensors');
    await exportCheckpoint(file, { format: 'safetensors', out });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['tiny.safetensors', 'tiny.py']));
    const script = await readFile(join(folder, 'tiny.py'), 'utf8');
    expect(script).toContain('class Tiny(nn.Module):');
    expect(script).toContain('self.dense1 = nn.Linear(6, 5)');
    expect(script).toContain('# tiny, step 12');
  });

  it('writes a layers model for TensorFlow.js, which names its weights', async () => {
    const { file } = await checkpoint();
    await exportCheckpoint(file, { format: 'tfjs', out: join(folder, 'layers.json') });
    const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(
      await readFile(join(folder, 'layers.json'), 'utf8'),
    );
    expect(modelTopology.config.name).toBe('tiny');
    expect(weightsManifest[0].paths).toEqual(['layers.weights.bin']);
    expect((await readFile(join(folder, 'layers.weights.bin'))).length).toBe(4 * (6 * 5 + 5 + 5 * 3 + 3));
    expect(userDefinedMetadata).toMatchObject({ job: 'tiny', step: '12' });
  });

  it('names the formats that would do for what one has nothing for', async () => {
    const layers = [
      { type: 'reshape', shape: [2, 3] },
      { type: 'gru', units: 4 },
      { type: 'dense', units: 3 },
    ];
    const { file } = await checkpoint({ ...tinyJob, model: { layers } } as Job);
    await expect(exportCheckpoint(file, { format: 'tfjs', out: join(folder, 'recurrent') })).rejects.toThrow(
      'node gru1: TensorFlow.js has no layer for gru; the format onnx or safetensors would do',
    );
  });

  it('overwrites nothing', async () => {
    const { file } = await checkpoint();
    const out = join(folder, 'taken.onnx');
    await writeFile(out, 'mine');
    await expect(exportCheckpoint(file, { format: 'onnx', out })).rejects.toThrow(
      `${out}: is there already; name another with --out`,
    );
    expect(await readFile(out, 'utf8')).toBe('mine');
  });

  it('says which formats there are', async () => {
    const { file } = await checkpoint();
    await expect(exportCheckpoint(file, { format: 'h5' })).rejects.toThrow(/^--format h5: expected onnx, /);
  });
});
