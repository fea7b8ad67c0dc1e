import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInitialWeights, readWeights, weightsDigest } from '../../../coordinator/data/weights_file.ts';
import { type SafeTensor, writeSafetensors } from '../../../shared/safetensors/safetensors.ts';
import { frozenDigestKey, frozenFileName } from '../../../shared/safetensors/weights.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tensor = (name: string, ...values: readonly number[]): SafeTensor => ({
  name,
  type: 'F32',
  shape: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

async function write(name: string, tensors: readonly SafeTensor[], metadata: Record<string, string> = {}) {
  const file = join(folder, name);
  await writeFile(file, writeSafetensors({ tensors, metadata }));
  return file;
}

const valuesIn = async (file: string) =>
  Object.fromEntries(
    [...(await readWeights(file)).weights].map(([name, { bytes }]) => [
      name,
      [...new Float32Array(Uint8Array.from(bytes).buffer)],
    ]),
  );

describe('the weights in a file', () => {
  it('are what a checkpoint trained, without the optimizer’s state', async () => {
    const file = await write('plain', [tensor('a', 1, 2), tensor('b', 3), tensor('optimizer.velocity', 9, 9, 9)]);
    expect(await valuesIn(file)).toEqual({ a: [1, 2], b: [3] });
  });

  it('are the moving average where there is one, and those of the best epoch before all', async () => {
    const averaged = [tensor('a', 1), tensor('average/a', 2)];
    expect(await valuesIn(await write('averaged', averaged))).toEqual({ a: [2] });
    expect(await valuesIn(await write('best', [...averaged, tensor('best/a', 3)]))).toEqual({ a: [3] });
  });

  it('are those that are frozen too, from the file beside', async () => {
    const digest = 'ab'.repeat(32);
    await write(frozenFileName(digest), [tensor('b', 4)]);
    expect(await valuesIn(await write('frozen', [tensor('a', 1)], { [frozenDigestKey]: digest }))).toEqual({
      a: [1],
      b: [4],
    });
  });

  it('are those without adapters, which are merged', async () => {
    const adapted = [
      { ...tensor('w', 1, 2, 3, 4), shape: [2, 2] },
      { ...tensor('w.down', 1, 10), shape: [2, 1] },
      { ...tensor('w.up', 0.5, 0.25), shape: [1, 2] },
    ];
    const adapters = { kind: 'lora', rank: 1, alpha: 2, targets: ['w'] };
    const file = await write('adapted', adapted, { job: JSON.stringify({ name: 'tuned', adapters }) });
    expect(await valuesIn(file)).toEqual({ w: [1 + 1, 2 + 0.5, 3 + 10, 4 + 5] });
  });

  it('are those of the newest checkpoint, where a run’s folder is named', async () => {
    const run = await mkdtemp(join(folder, 'run-'));
    const place = (step: string) => join(relative(folder, run), `step-${step}.safetensors`);
    await write(place('00000900'), [tensor('a', 1)]);
    const newest = await write(place('00001000'), [tensor('a', 2)]);
    await writeFile(join(run, 'job.json'), '{}');
    expect((await readWeights(run)).file).toBe(newest);
    expect(await valuesIn(run)).toEqual({ a: [2] });
    const empty = await mkdtemp(join(folder, 'empty-'));
    await expect(readWeights(empty)).rejects.toThrow(`run folder ${empty}: has no checkpoint (step-….safetensors)`);
  });

  it('tell what the token ids stand for that the model was trained on', async () => {
    const vocabulary = { kind: 'characters', characters: 'abc' };
    const fields = JSON.stringify([{ name: 'tokens', type: 'u8', shape: [4], classes: 3, vocabulary }]);
    expect((await readWeights(await write('text', [tensor('a', 1)], { fields }))).vocabulary).toEqual(vocabulary);
    expect((await readWeights(await write('plain', [tensor('a', 1)]))).vocabulary).toBeUndefined();
  });

  it('have a digest of names, shapes and values, in whatever order they stand', async () => {
    const digests = [
      await weightsDigest(await write('one', [tensor('a', 1), tensor('b', 2)])),
      await weightsDigest(await write('other', [tensor('b', 2), tensor('a', 1)], { made: 'elsewhere' })),
      await weightsDigest(await write('third', [tensor('a', 2), tensor('b', 1)])),
    ];
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it('are refused where the file has changed since the job was defined, or is none', async () => {
    const checkpoint = await write('changed', [tensor('a', 1)]);
    const digest = await weightsDigest(checkpoint);
    expect((await loadInitialWeights({ initialize: { checkpoint, digest } }))?.digest).toBe(digest);
    await expect(loadInitialWeights({ initialize: { checkpoint, digest: '0'.repeat(64) } })).rejects.toThrow(
      `initialize.checkpoint: ${checkpoint} has weights of digest ${digest.slice(0, 12)}…, the job begins with 000000000000…`,
    );
    await expect(readWeights(join(folder, 'missing'))).rejects.toThrow(/missing: no such file/);
    expect(await loadInitialWeights({})).toBeUndefined();
  });

  it('are asked for where the job leaves their place to whoever trains it', async () => {
    await expect(loadInitialWeights({ initialize: { job: 'text-gpt' } })).rejects.toThrow(
      'initialize.checkpoint: left out: name a run of text-gpt, like --set initialize.checkpoint=FOLDER (gradswarm train text-gpt --run FOLDER makes one)',
    );
  });
});
