import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { predict } from '../../../coordinator/command_line/predict_command.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { encodeCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import { checkpointFile } from '../../../coordinator/records/run_folder.ts';
import type { DataSet } from '../../../shared/data/data_set.ts';
import type { FieldSpecification } from '../../../shared/data/samples.ts';
import { type Job, parseJob } from '../../../shared/job/job.ts';

let folder: string;
let printed: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-predict-'));
});
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterAll(() => rm(folder, { recursive: true }));

const labels = { name: 'labels', type: 'i32', shape: [], classes: 3, classNames: ['ant', 'bee', 'cow'] } as const;
const table = {
  name: 'features',
  type: 'f32',
  shape: [4],
  positionNames: ['height', 'width', 'colour=red', 'colour=blue'],
} as const;

const classifier = { layers: [{ type: 'dense', units: 3 }], loss: 'softmax-cross-entropy' };

function jobOf({ layers, loss }: { readonly layers: readonly object[]; readonly loss: string }): Job {
  const given = {
    name: 'small',
    data: { source: 'mnist' },
    model: { layers },
    loss,
    optimizer: { kind: 'sgd', learningRate: 0.1 },
    batchSize: 2,
    epochs: 1,
  };
  return parseJob(given, 'test');
}

/** A checkpoint of an untrained model for samples with these fields. */
async function checkpoint(fields: readonly FieldSpecification[], model = classifier) {
  const job = jobOf(model);
  const [features, label] = fields;
  const bytesOf = (field: FieldSpecification | undefined) =>
    new Uint8Array(4 * (field?.type === 'u8' ? 1 : 4) * (field?.shape ?? []).reduce((one, other) => one * other, 1));
  const samples = { count: 4, fields: [bytesOf(features), bytesOf(label)] };
  const dataSet: DataSet = {
    name: 'small',
    digest: '0123456789abcdef'.repeat(4),
    fields,
    training: samples,
    validation: { count: 0, fields: [new Uint8Array(), new Uint8Array()] },
    test: samples,
  };
  const { state } = await prepareJob(job, dataSet);
  const file = checkpointFile(folder, 1);
  const description = { job, step: 1, dataDigest: dataSet.digest, fields, history: [] };
  await writeFile(file, encodeCheckpoint(state, description));
  return { file, replica: state.replica };
}

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

describe('predict', () => {
  it('names the likeliest class of each row, whatever the order of its columns', async () => {
    const { file, replica } = await checkpoint([table, labels]);
    const rows = await fileOf('rows.csv', 'name,colour,width,height\na,blue,2,0.5\nb,red,-1,3\n');
    expect(await predict(file, [rows], { json: true })).toBe(0);
    const logits = replica.predict({
      count: 2,
      fields: [new Uint8Array(Float32Array.of(0.5, 2, 0, 1, 3, -1, 1, 0).buffer)],
    });
    const lines = printed.map((line) => JSON.parse(line));
    expect(lines.map(({ sample }) => sample)).toEqual([`${rows}:2`, `${rows}:3`]);
    lines.forEach(({ class: likeliest, probability, outputs }, row) => {
      const own = [...logits.subarray(3 * row, 3 * row + 3)];
      expect(likeliest).toBe(labels.classNames[own.indexOf(Math.max(...own))]);
      const sum = own.reduce((total, logit) => total + Math.exp(logit), 0);
      expect(probability).toBeCloseTo(Math.exp(Math.max(...own)) / sum, 5);
      expect(Object.keys(outputs)).toEqual(labels.classNames);
    });
  });

  it('prints a table otherwise', async () => {
    const { file } = await checkpoint([table, labels]);
    const rows = await fileOf('row.jsonl', '{"height": 1, "width": 2, "colour": "red"}\n');
    await predict(file, [rows], {});
    expect(printed.join('\n')).toMatch(/^sample +class +probability\n.*row.jsonl:1 +(ant|bee|cow) +0\.\d{4}$/);
  });

  it('names row and column of what training did not have', async () => {
    const { file } = await checkpoint([table, labels]);
    const rows = await fileOf('green.csv', 'height,width,colour\n1,1,red\n1,1,green\n');
    await expect(predict(file, [rows], {})).rejects.toThrow(
      `${rows}: line 3, column colour: expected one of red, blue, found "green"`,
    );
    const short = await fileOf('short.csv', 'height,colour\n1,red\n');
    await expect(predict(file, [short], {})).rejects.toThrow(`${short}: has no column width`);
  });

  it('takes images of any size, and those of an IDX file', async () => {
    const image = { name: 'image', type: 'u8', shape: [2, 3, 1] } as const;
    const { file, replica } = await checkpoint([image, labels]);
    const png = new PNG({ width: 6, height: 4 });
    png.data.fill(255);
    const picture = await fileOf('white.png', PNG.sync.write(png));
    const header = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    const idx = await fileOf('images-ubyte', Uint8Array.from([...header, ...Array(6).fill(255)]));
    await predict(file, [picture, idx], { json: true });
    const [first, second] = printed.map((line) => JSON.parse(line));
    expect(first.sample).toBe(picture);
    expect(second).toEqual({ ...first, sample: `${idx}:0` });
    const own = replica.predict({ count: 1, fields: [new Uint8Array(6).fill(255)] });
    expect(first.class).toBe(labels.classNames[own.indexOf(Math.max(...own))]);
  });

  it('gives a regression’s values as they are', async () => {
    const target = { name: 'labels', type: 'f32', shape: [1] } as const;
    const regression = { layers: [{ type: 'dense', units: 1 }], loss: 'sum-of-squared-errors' };
    const { file, replica } = await checkpoint([table, target], regression);
    const rows = await fileOf('value.csv', 'height,width,colour\n1,2,blue\n');
    await predict(file, [rows], { json: true });
    const [value] = replica.predict({ count: 1, fields: [new Uint8Array(Float32Array.of(1, 2, 0, 1).buffer)] });
    expect(JSON.parse(printed[0] ?? '')).toEqual({ sample: `${rows}:2`, outputs: { 0: value } });
  });

  it('refuses files that the model does not take', async () => {
    const { file } = await checkpoint([table, labels]);
    const picture = await fileOf('other.png', PNG.sync.write(new PNG({ width: 1, height: 1 })));
    await expect(predict(file, [picture], {})).rejects.toThrow(
      `${picture}: the model takes features f32 [4], no images of bytes`,
    );
  });
});
