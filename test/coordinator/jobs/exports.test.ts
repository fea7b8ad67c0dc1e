// Every built-in job, untrained: what it is exported as gives what the engine gives.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet } from '../../../coordinator/data/data_sources.ts';
import { listBuiltInJobs, loadJob } from '../../../coordinator/jobs/job_files.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { baseGraph } from '../../../shared/job/job.ts';
import { runPython } from '../../python.ts';
import { largestDifference, predict, runExported } from '../../shared/export/predictions.ts';
import { runPytorch } from '../../shared/pytorch/pytorch.ts';
import { runTensorflowJs } from '../../shared/tensorflow_js/tensorflow_js.ts';
import { standIns } from './stand_ins.ts';

const names = (await listBuiltInJobs()).map(({ name }) => name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-exports-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What is exported of it: without adapters, with nothing frozen. */
async function graphOf(name: string): Promise<Graph> {
  const job = await loadJob(name);
  const dataSet = await loadDataSet(job).catch((error: unknown) => {
    const fields = standIns[name];
    if (fields !== undefined && /is not installed/.test(String(error))) return { fields };
    throw error;
  });
  return baseGraph(job, dataSet);
}

/** Accepts the files, with what follows of their shapes, or says why not. */
const check = `
import sys, onnx
for file in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(file), full_check=True)
    print('accepted')
`;

describe('a built-in job, exported to ONNX', () => {
  it.each(names)('%s gives what the engine gives, and Debian’s checker accepts it', async (name) => {
    const ours = predict(await graphOf(name));
    const theirs = await runExported(ours);
    expect(largestDifference(ours.outputs, theirs.values)).toBeLessThan(1e-4);
    const file = join(folder, `${name}.onnx`);
    await writeFile(file, theirs.file);
    expect(await runPython(check, [file])).toBe('accepted\n');
  });
});

describe('the built-in jobs, exported to safetensors', () => {
  it('load in PyTorch by name and give there what the engine gives', async () => {
    const predicted = (await Promise.all(names.map(graphOf))).map((graph) => predict(graph));
    const differences = (await runPytorch(predicted)).map((values, index) =>
      largestDifference(predicted[index]?.outputs ?? values, values),
    );
    for (const difference of differences) expect(difference).toBeLessThan(1e-4);
    expect(differences).toHaveLength(names.length);
  });
});

describe('a built-in job, exported to TensorFlow.js', () => {
  it.each(names)('%s gives there what the engine gives', async (name) => {
    const ours = predict(await graphOf(name));
    expect(largestDifference(ours.outputs, (await runTensorflowJs(ours)).values)).toBeLessThan(1e-4);
  });
});
