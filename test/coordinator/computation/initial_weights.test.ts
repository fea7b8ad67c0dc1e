import { describe, expect, it } from 'vitest';
import { requireSameVocabulary } from '../../../coordinator/computation/initial_weights.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { InputError } from '../../../shared/errors.ts';
import { bytesOf } from '../../../shared/export/weights.ts';
import { type Job, jobDigest, parseJob } from '../../../shared/job/job.ts';
import type { SafeTensor } from '../../../shared/safetensors/safetensors.ts';
import type { WeightsFile } from '../../../shared/safetensors/weights.ts';
import { testValues } from '../../shared/kernels/profiles.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

const digest = 'cd'.repeat(32);
const jobWith = (fields: object, initialize: object = {}): Job =>
  parseJob({ ...tinyJob, initialize: { checkpoint: '/w.safetensors', digest, ...initialize }, ...fields }, 'test');

const tensor = (name: string, shape: readonly number[], seed: number): SafeTensor => {
  const values = testValues(
    shape.reduce((product, size) => product * size, 1),
    seed,
  );
  return { name, type: 'F32', shape, bytes: new Uint8Array(values.buffer) };
};
const all = [
  tensor('dense1.weight', [6, 5], 1),
  tensor('dense1.bias', [5], 2),
  tensor('dense2.weight', [5, 3], 3),
  tensor('dense2.bias', [3], 4),
];
const fileOf = (tensors: readonly SafeTensor[]): WeightsFile => ({
  file: '/w.safetensors',
  digest,
  weights: new Map(tensors.map((one) => [one.name, one])),
});

async function begin(job: Job, tensors: readonly SafeTensor[]) {
  const { state } = await prepareJob(job, tinyDataSet, fileOf(tensors));
  const of = (name: string): readonly number[] => {
    const { tensors: trained, frozen } = state.replica.layout;
    const isFrozen = frozen.some((one) => one.name === name);
    const found = (isFrozen ? frozen : trained).find((one) => one.name === name);
    const base = isFrozen ? state.frozenBytes : state.parameterBytes;
    const bytes = base.slice(4 * (found?.offset ?? 0), 4 * ((found?.offset ?? 0) + (found?.elements ?? 0)));
    return [...new Float32Array(bytes.buffer)];
  };
  return { state, of };
}

const valuesOf = ({ bytes }: SafeTensor) => [...new Float32Array(bytes.buffer)];

describe('the weights that a job begins with', () => {
  it('are refused where the model read other tokens, even as many', () => {
    const of = (characters: string) => ({ kind: 'characters', characters }) as const;
    const field = { name: 'tokens', type: 'u8', shape: [4], classes: 3, vocabulary: of('abd') } as const;
    const read = (characters: string) => ({ ...fileOf(all), vocabulary: of(characters) });
    expect(() => requireSameVocabulary(jobWith({}), read('abc'), [field])).toThrow(
      new InputError(
        'initialize: the model of /w.safetensors reads other tokens than this job\'s data have; it needs data.alphabet "abc"',
      ),
    );
    expect(() => requireSameVocabulary(jobWith({}), read('abd'), [field])).not.toThrow();
    expect(() => requireSameVocabulary(jobWith({}), fileOf(all), [field])).not.toThrow();
    expect(() => requireSameVocabulary(jobWith({}, { except: ['e*'] }), read('abc'), [field])).not.toThrow();
  });

  it('are those of the file, frozen ones too', async () => {
    const { of } = await begin(jobWith({ freeze: ['dense1.*'] }), all);
    for (const one of all) expect(of(one.name)).toEqual(valuesOf(one));
  });

  it('are random where the job excepts them, and where there are adapters', async () => {
    const plain = await prepareJob(tinyJob, tinyDataSet);
    const { of } = await begin(jobWith({}, { except: ['dense2.*'] }), all);
    expect(of('dense1.bias')).toEqual(valuesOf(all[1] as SafeTensor));
    const last = plain.state.replica.layout.tensors.find(({ name }) => name === 'dense2.weight');
    const expected = plain.state.replica.readParameters().slice(last?.offset, (last?.offset ?? 0) + 15);
    expect(of('dense2.weight')).toEqual([...expected]);

    const adapters = { kind: 'lora', rank: 1, alpha: 1, targets: ['dense1.weight'] };
    const adapted = await begin(jobWith({ adapters }), all);
    expect(adapted.of('dense1.weight')).toEqual(valuesOf(all[0] as SafeTensor));
    expect(adapted.of('dense1.weight.up')).toEqual([0, 0, 0, 0, 0]);
    expect(adapted.of('dense1.weight.down').every((value) => value !== 0)).toBe(true);
  });

  it.each<readonly [string, readonly SafeTensor[], RegExp]>([
    ['lacks a tensor', all.slice(1), /\/w\.safetensors has no tensor dense1\.weight; name it in initialize\.except/],
    [
      'has a tensor in another shape',
      [...all.slice(0, 2), tensor('dense2.weight', [5, 4], 3), ...all.slice(3)],
      /has dense2\.weight as F32 \[5,4\], the model needs F32 \[5,3\]/,
    ],
    [
      'has what is not a number',
      [...all.slice(0, 3), { ...tensor('dense2.bias', [3], 4), bytes: bytesOf(Float32Array.of(1, Number.NaN, 2)) }],
      /\/w\.safetensors has values in dense2\.bias that are not finite/,
    ],
    ['has more', [...all, tensor('dense3.bias', [3], 4)], /has a tensor dense3\.bias, which the model has not/],
  ])('are refused where the file %s', async (_, tensors, message) => {
    await expect(begin(jobWith({}), tensors)).rejects.toThrow(message);
    await expect(begin(jobWith({}), tensors)).rejects.toThrow(InputError);
    await expect(begin(jobWith({ freeze: ['*.bias'] }), tensors)).rejects.toThrow(message);
  });
});

describe('a job’s identity', () => {
  it('has the digest of the weights that it begins with, not their path', () => {
    const job = jobWith({});
    expect(jobDigest(jobWith({}, { checkpoint: '/elsewhere' }))).toBe(jobDigest(job));
    expect(jobDigest(jobWith({}, { digest: 'ef'.repeat(32) }))).not.toBe(jobDigest(job));
    expect(jobDigest(jobWith({}, { except: ['dense2.*'] }))).not.toBe(jobDigest(job));
    expect(jobDigest(jobWith({ freeze: ['dense1.*'] }))).not.toBe(jobDigest(job));
    expect(() => jobDigest(parseJob({ ...tinyJob, initialize: { checkpoint: '/w' } }, 'test'))).toThrow(
      'initialize.digest: missing: the digest of the weights in /w',
    );
  });
});
