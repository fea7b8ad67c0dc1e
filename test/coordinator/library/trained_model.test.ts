// What a program does with a trained model: the same as the commands, from the same code.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportCheckpoint } from '../../../coordinator/command_line/export_command.ts';
import { predict } from '../../../coordinator/command_line/predict_command.ts';
import { defineJob, type JobDefinition } from '../../../coordinator/library/define_job.ts';
import { importModel } from '../../../coordinator/library/import_model.ts';
import { train } from '../../../coordinator/library/train.ts';
import { loadModel } from '../../../coordinator/library/trained_model.ts';
import { InputError } from '../../../shared/errors.ts';
import { dense, embedding, lstm, tanh } from '../../../shared/model/layers/registered_layers.ts';

let folder: string;
const at = (name: string) => join(folder, name);

const optimizer = { kind: 'sgd', learningRate: 0.1 } as const;

const flowers = (): JobDefinition => ({
  name: 'flowers',
  data: { source: 'csv', training: 'flowers.csv', target: 'kind', testFraction: 0.2 },
  directory: folder,
  model: [dense(5), tanh(), dense(3)],
  loss: 'softmax-cross-entropy',
  optimizer,
  batchSize: 12,
  epochs: 2,
});

const alphabet = (): JobDefinition => ({
  name: 'alphabet',
  data: { source: 'text', file: 'text.txt', window: 6, testFraction: 0.1 },
  directory: folder,
  model: [embedding(4), lstm(5), dense(6, { perPosition: true })],
  loss: 'softmax-cross-entropy',
  optimizer,
  batchSize: 8,
  steps: 2,
});

const run = (definition: JobDefinition) =>
  train(defineJob(definition), { inProcess: true, folder: at(definition.name) }).result;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-library-'));
  const rows = Array.from({ length: 60 }, (_, row) => `${row % 7},${row % 3},${'abc'[row % 3]}`);
  await writeFile(at('flowers.csv'), `height,width,kind\n${rows.join('\n')}\n`);
  await writeFile(at('new.csv'), 'width,height\n1,2\n2,5\n');
  await writeFile(at('text.txt'), 'abcde\n'.repeat(100));
  await run(flowers());
  await run(alphabet());
});
afterAll(() => rm(folder, { recursive: true }));

describe('a trained model', () => {
  it('tells of the samples in files what gradswarm predict prints', async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    await predict(at('flowers'), [at('new.csv')], { json: true });
    log.mockRestore();
    const predicted = await (await loadModel(at('flowers'))).predictFiles([at('new.csv')]);
    expect(predicted).toHaveLength(2);
    expect(predicted[0]?.class).toMatch(/^[abc]$/);
    expect(predicted.map((sample) => JSON.stringify(sample))).toEqual(lines);
  });

  it('goes on with a text, the same each time', async () => {
    const model = await loadModel(at('alphabet'));
    const write = async (seed: number) => {
      let text = '';
      for await (const piece of model.generate('ab', { length: 40, temperature: 9, seed })) text += piece;
      return text;
    };
    expect(await write(7)).toMatch(/^[a-e\n]{40}$/);
    expect(await write(7)).toBe(await write(7));
    expect(await write(7)).not.toBe(await write(8));
  });

  it('names what is wrong with the request for a text', async () => {
    const model = await loadModel(at('alphabet'));
    const text = (prompt: string, options = {}) => model.generate(prompt, options).next();
    await expect(text('ABC')).rejects.toThrow('generate: prompt: line 1, column 1: the alphabet has no "A"');
    await expect(text('ab', { temperature: -1 })).rejects.toThrow(
      new InputError('generate: temperature: expected a number from 0 to 100, found -1'),
    );
    const other = await loadModel(at('flowers'));
    await expect(other.generate('ab').next()).rejects.toThrow(/job flowers was not trained on text/);
  });

  it('becomes the files that gradswarm export writes', async () => {
    const model = await loadModel(at('flowers'));
    await mkdir(at('exported'));
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    for (const format of ['onnx', 'safetensors']) {
      await exportCheckpoint(at('flowers'), { format, out: at('exported/flowers') });
      for (const { name, bytes } of model.export(format, at('exported/flowers'))) {
        expect(Buffer.from(bytes).equals(await readFile(name)), name).toBe(true);
      }
    }
    log.mockRestore();
    expect(model.export('onnx').map(({ name }) => name)).toEqual(['flowers.onnx']);
    expect(await readdir(at('exported'))).toContain('flowers.safetensors');
    expect(() => model.export('pickle')).toThrow(/^export: format pickle: expected onnx, /);
  });
});

describe('an ONNX model', () => {
  it('is imported, and trained further where it is not frozen', async () => {
    const [file] = (await loadModel(at('flowers'))).export('onnx');
    await writeFile(at('flowers.onnx'), file?.bytes ?? '');
    const { model: _layers, loss: _loss, ...rest } = flowers();
    const definition = { ...rest, name: 'again', freeze: ['dense1.*'], weights: 'again.safetensors' };
    const job = await importModel(at('flowers.onnx'), definition);
    expect(job.job.initialize?.checkpoint).toBe(at('again.safetensors'));
    await train(job, { inProcess: true, folder: at('again') }).result;
    const [before, after] = [await loadModel(at('flowers')), await loadModel(at('again'))];
    expect(after.parametersDigest).not.toBe(before.parametersDigest);
    await expect(importModel(at('flowers.onnx'), definition)).rejects.toThrow(/again\.safetensors: is there already$/);
  });

  it('is refused before anything is written where the job is wrong', async () => {
    const { model: _layers, loss: _loss, ...rest } = flowers();
    const definition = { ...rest, batchSize: 0, weights: 'never.safetensors' };
    await expect(importModel(at('flowers.onnx'), definition)).rejects.toThrow(/batchSize/);
    expect(await readdir(folder)).not.toContain('never.safetensors');
  });
});
