import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { importModel } from '../../../coordinator/command_line/import_command.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { loadDataSet } from '../../../coordinator/data/data_sources.ts';
import { loadJob } from '../../../coordinator/jobs/job_files.ts';
import { encodeOnnx } from '../../../shared/onnx/encode_onnx.ts';
import { exportOnnx } from '../../../shared/onnx/export/export_onnx.ts';
import { readSafetensors } from '../../../shared/safetensors/safetensors.ts';
import { namedWeights } from '../../shared/onnx/import/imported.ts';

let folder: string;
let onnx: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-import-'));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const job = await loadJob('iris');
  const { state, graph } = await prepareJob(job, await loadDataSet(job));
  onnx = join(folder, 'flowers.onnx');
  await writeFile(onnx, encodeOnnx(exportOnnx(graph, namedWeights(state.replica), { name: 'flowers' })));
});
afterAll(() => rm(folder, { recursive: true }));

describe('importModel', () => {
  it('writes a job of the model, which begins with its weights, on the data of another job', async () => {
    const out = join(folder, 'again.json');
    expect(await importModel(onnx, { job: 'iris', set: [], out })).toBe(0);
    const job = await loadJob(out);
    expect(job).toMatchObject({ name: 'again', initialize: { checkpoint: join(folder, 'again.safetensors') } });
    const { tensors } = readSafetensors(await readFile(join(folder, 'again.safetensors')));
    const { state } = await prepareJob(job, await loadDataSet(job));
    expect(tensors.map(({ name }) => name).sort()).toEqual(state.replica.layout.tensors.map(({ name }) => name).sort());
  });

  it('states paths that start at the job file, so that a folder can move as a whole', async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 7},${row % 5},${30 - row},${'abc'[row % 3]}`);
    await writeFile(join(folder, 'measures.csv'), `a,b,c,d,kind\n${rows.join('\n')}\n`);
    const { data: _iris, ...rest } = await loadJob('iris');
    const data = { source: 'csv', training: 'measures.csv', target: 'kind', testFraction: 0.2 };
    await writeFile(join(folder, 'given.json'), JSON.stringify({ ...rest, data }));
    const out = join(folder, 'models', 'moved.json');
    await mkdir(join(folder, 'models'));
    await importModel(onnx, { job: join(folder, 'given.json'), set: [], out });
    const written = JSON.parse(await readFile(out, 'utf8'));
    expect(written).toMatchObject({
      data: { training: '../measures.csv' },
      initialize: { checkpoint: 'moved.safetensors' },
    });
    await rename(join(folder, 'models'), join(folder, 'elsewhere'));
    const job = await loadJob(join(folder, 'elsewhere', 'moved.json'));
    expect(job).toMatchObject({ initialize: { checkpoint: join(folder, 'elsewhere', 'moved.safetensors') } });
    expect((await loadDataSet(job)).training.count).toBe(24);
  });

  it('trains by the loss and the metrics of the given job', async () => {
    const out = join(folder, 'smoothed.json');
    const set = ['loss={"kind":"softmax-cross-entropy","labelSmoothing":0.1}', 'metrics=["mean-squared-error"]'];
    await importModel(onnx, { job: 'iris', set, out });
    const { model } = await loadJob(out);
    expect(model).toMatchObject({ graph: { loss: 'loss', metrics: { meanSquaredError: 'meanSquaredError' } } });
    const nodes = 'graph' in model ? model.graph.nodes : [];
    expect(nodes.find(({ name }) => name === 'loss')).toMatchObject({
      op: 'softmaxCrossEntropy',
      attributes: { labelSmoothing: 0.1 },
    });
  });

  it('names the file in what is wrong with it', async () => {
    const file = join(folder, 'none.onnx');
    await writeFile(file, 'nothing');
    await expect(importModel(file, { job: 'iris', set: [] })).rejects.toThrow(`${file}: `);
    const missing = join(folder, 'missing.onnx');
    await expect(importModel(missing, { job: 'iris', set: [] })).rejects.toThrow(`${missing}: no such file`);
  });

  it('overwrites nothing', async () => {
    const out = join(folder, 'taken.json');
    await writeFile(join(folder, 'taken.safetensors'), 'mine');
    await expect(importModel(onnx, { job: 'iris', set: [], out })).rejects.toThrow(
      'is there already; name another with --out',
    );
  });
});
