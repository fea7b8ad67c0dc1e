// An outside oracle for low-rank adapters on a GPT: a job with `adapters`, made ready as a run makes it ready, follows PyTorch's
// loss and trained weights step by step, leaves what is frozen as it was, and merges to a model with PyTorch's outputs.

import { describe, expect, it } from 'vitest';
import { type PreparedJob, prepareJob } from '../../coordinator/computation/prepared_job.ts';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { bytesOf } from '../../shared/export/weights.ts';
import { baseGraph, type Job, parseJob } from '../../shared/job/job.ts';
import type { JobInput } from '../../shared/job/job_schema.ts';
import { mergeAdapters } from '../../shared/model/adapters.ts';
import type { WeightsFile } from '../../shared/safetensors/weights.ts';
import { profiles } from '../shared/kernels/profiles.ts';
import { type LoraFixture, type LoraName, type NamedTensors, readLoraFixture } from './lora_fixture.ts';

/** As in oracle.test.ts, relative to the loss and to the largest weight of a tensor; the second factors are small and young. */
const tolerance = 1e-5;

const names: readonly LoraName[] = ['adapters', 'adapters-and-head'];

const fixtures: Readonly<Record<LoraName, LoraFixture>> = {
  adapters: await readLoraFixture('adapters'),
  'adapters-and-head': await readLoraFixture('adapters-and-head'),
};

const digest = 'cd'.repeat(32);

/** Base weights and first factors as a file that the job begins with. */
function fileOf(...all: readonly NamedTensors[]): WeightsFile {
  const tensors = all.flatMap((each) => [...each]);
  const weights = new Map(
    tensors.map(([name, { shape, values }]) => [name, { name, type: 'F32' as const, shape, bytes: bytesOf(values) }]),
  );
  return { file: 'lora.json', digest, weights };
}

/** A planted mistake: another fixture, something done after each step, or another job that merges. */
interface Mistake {
  readonly fixture?: (given: LoraFixture) => LoraFixture;
  readonly afterStep?: (prepared: PreparedJob) => void;
  readonly merging?: (job: Job) => Job;
}

interface Circumstances extends Mistake {
  readonly profile?: NumericsProfile;
  readonly microbatchSize?: number;
}

interface Differences {
  readonly loss: number;
  readonly weights: number;
  readonly merged: number;
}

async function follow(given: LoraFixture, circumstances: Circumstances): Promise<Differences> {
  const { profile = 'portable', microbatchSize = 12, afterStep, merging } = circumstances;
  const { job: stated, dataSet, base, downs, batches, steps, merged } = circumstances.fixture?.(given) ?? given;
  const initialize = { checkpoint: 'lora.json', digest, ...stated.initialize };
  const job = parseJob({ ...stated, initialize, numerics: profile, microbatchSize }, 'lora.json');
  const prepared = await prepareJob(job, dataSet, fileOf(base, downs));
  const { replica, optimizer } = prepared.state;
  const largest = { loss: 0, weights: 0 };
  steps.forEach((expected, step) => {
    const samples = batches[step % batches.length] ?? dataSet.training;
    const { gradient, lossSum } = replica.computeShard(samples);
    largest.loss = Math.max(largest.loss, Math.abs(lossSum / samples.count - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, samples.count, prepared.learningRateAt(step), step + 1);
    afterStep?.(prepared);
    if (expected.weights !== undefined) {
      largest.weights = Math.max(largest.weights, weightsDifference(trainedOf(prepared), expected.weights));
    }
  });
  return { ...largest, merged: difference(mergedOutputs(prepared, given, merging?.(job) ?? job), merged) };
}

/** What the model's merged weights give for the first mini-batch. */
function mergedOutputs(prepared: PreparedJob, { dataSet }: LoraFixture, { adapters }: Job): Float32Array {
  if (adapters === undefined) throw new Error('the job has adapters');
  const { engine } = prepared.state;
  const merged = mergeAdapters(adapters, new Map([...trainedOf(prepared), ...frozenOf(prepared)]));
  const model = Replica.create(engine, baseGraph(prepared.job, dataSet), { microbatchSize: 12 });
  expect([...merged.keys()].sort()).toEqual(model.layout.tensors.map(({ name }) => name).sort());
  model.setParameters(Float32Array.from(model.layout.tensors.flatMap(({ name }) => [...valuesOf(merged, name)])));
  return model.predict(dataSet.training);
}

function valuesOf(tensors: NamedTensors, name: string): Float32Array {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`no tensor ${name}`);
  return found.values;
}

const trainedOf = ({ state: { replica } }: PreparedJob) => namedIn(replica.readParameters(), replica.layout.tensors);

const frozenOf = ({ state: { engine, replica } }: PreparedJob) =>
  namedIn(engine.float32(replica.frozen, replica.frozenCount).slice(), replica.layout.frozen);

function namedIn(flat: Float32Array, tensors: Replica['layout']['tensors']): NamedTensors {
  return new Map(
    tensors.map(({ name, shape, offset, elements }) => [
      name,
      { shape, values: flat.subarray(offset, offset + elements) },
    ]),
  );
}

/** Of the tensors that both have: mistakes may train others, which the numbers must tell. */
function weightsDifference(found: NamedTensors, expected: NamedTensors): number {
  const common = [...expected].filter(([name]) => found.has(name));
  return Math.max(...common.map(([name, { values }]) => difference(valuesOf(found, name), values)));
}

/** The largest difference, relative to the largest value. */
function difference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const errors = wanted.map((value, at) => Math.abs(value - (found[at] ?? Number.NaN)));
  return Math.max(...errors) / scale;
}

const withJob = (change: (job: JobInput) => object): Mistake => ({
  fixture: (given) => ({ ...given, job: { ...given.job, ...change(given.job) } }),
});

type Adapters = NonNullable<JobInput['adapters']>;

const withAdapters = (change: (adapters: Adapters) => Partial<Adapters>): Mistake =>
  withJob(({ adapters }) => ({ adapters: adapters && { ...adapters, ...change(adapters) } }));

const withOptimizer = (change: object): Mistake =>
  withJob(({ optimizer }) => ({ optimizer: { ...optimizer, ...change } }));

const withBase = (change: (value: number, name: string) => number): Mistake => ({
  fixture: (given) => ({ ...given, base: mapValues(given.base, change) }),
});

function mapValues(tensors: NamedTensors, change: (value: number, name: string) => number): NamedTensors {
  return new Map(
    [...tensors].map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((value) => change(value, name)) },
    ]),
  );
}

/** The second factors, of the shapes that the adapters' weights give them. */
function secondFactors({ job, base, downs }: LoraFixture, valueAt: (at: number) => number): NamedTensors {
  return new Map(
    [...downs.keys()].map((down) => {
      const weight = down.replace(/\.down$/, '');
      const shape = [job.adapters?.rank ?? 0, base.get(weight)?.shape[1] ?? 0] as const;
      return [
        `${weight}.up`,
        { shape, values: Float32Array.from({ length: shape[0] * shape[1] }, (_, at) => valueAt(at)) },
      ];
    }),
  );
}

const wave = (at: number) => 0.5 * Math.sin(1 + at);

/** Adapters beside the keys' products in the place of the values', which have the same shape. */
const besideKeys: Mistake['fixture'] = ({ job, downs, ...given }) => {
  const moved = (name: string) => name.replace('.value.', '.key.');
  const { adapters } = job;
  return {
    ...given,
    job: { ...job, ...(adapters && { adapters: { ...adapters, targets: adapters.targets.map(moved) } }) },
    downs: new Map([...downs].map(([name, tensor]) => [moved(name), tensor])),
  };
};

function decayFrozen({ state, job: { optimizer } }: PreparedJob): void {
  const { engine, replica } = state;
  const frozen = engine.float32(replica.frozen, replica.frozenCount);
  replica.setFrozen(frozen.map((value) => value * (1 - 0.02 * optimizer.learningRate)));
}

const mistakes: Readonly<Record<LoraName, readonly (readonly [what: string, mistake: Mistake])[]>> = {
  adapters: [
    ['a scale of alpha, not of alpha over the rank', withAdapters(({ rank, alpha }) => ({ alpha: alpha * rank }))],
    ['a scale by the root of the rank', withAdapters(({ rank, alpha }) => ({ alpha: alpha * Math.sqrt(rank) }))],
    [
      'factors that begin the other way round',
      {
        fixture: (given) => ({
          ...given,
          downs: new Map([...mapValues(given.downs, () => 0), ...secondFactors(given, wave)]),
        }),
      },
    ],
    [
      'second factors that do not begin at zero',
      { fixture: (given) => ({ ...given, downs: new Map([...given.downs, ...secondFactors(given, wave)]) }) },
    ],
    ['adapters beside other products', { fixture: besideKeys }],
    ['a trunk that is trained', withJob(() => ({ freeze: ['rmsNorm1.gain'] }))],
    ['a bias that is trained besides', withJob(() => ({ freeze: ['*.weight', '*.gain', '*.table', 'block*'] }))],
    ['weights that are frozen, but decay', { afterStep: decayFrozen }],
    [
      'a frozen weight that is off by a thousandth',
      withBase((value, name) => (name === 'block1.up.weight' ? 1.001 * value : value)),
    ],
    ['Adam’s decay in the place of AdamW’s', withOptimizer({ decoupled: false })],
    ['one rate for both factors', withOptimizer({ groups: [{ names: ['*.down', '*.up'], learningRateFactor: 4 }] })],
    [
      'a merged model without the scale',
      {
        merging: ({ adapters, ...job }) => ({
          ...job,
          ...(adapters && { adapters: { ...adapters, alpha: adapters.rank } }),
        }),
      },
    ],
  ],
  'adapters-and-head': [
    ['a head that is frozen', withJob(() => ({ freeze: ['*'] }))],
    ['a head that begins with other weights', withJob(() => ({ initialize: { except: ['dense1.*'] } }))],
    [
      'an adapter that is missing',
      {
        fixture: ({ downs, ...given }) => ({
          ...given,
          job: {
            ...given.job,
            ...(given.job.adapters && { adapters: { ...given.job.adapters, targets: ['block*.up.weight'] } }),
          },
          downs: new Map([...downs].filter(([name]) => name.includes('.up.'))),
        }),
      },
    ],
    ['adapters without decay', withOptimizer({ groups: [{ names: ['*.down', '*.up'], weightDecay: 0 }] })],
    ['a gradient that is clipped a hundredth later', withOptimizer({ clipNorm: 0.404 })],
    ['a learning rate off by a thousandth', withOptimizer({ learningRate: 0.05005 })],
  ],
};

describe.each(names)('a GPT with trained %s', (name) => {
  const fixture = fixtures[name];

  it.each(profiles)(
    'follows PyTorch for 20 steps in the %s profile, however the mini-batch is cut',
    async (profile) => {
      expect(fixture.steps.length).toBe(20);
      for (const microbatchSize of [12, 5]) {
        const found = await follow(fixture, { profile, microbatchSize });
        const words = Object.entries(found).map(([what, value]) => `${value.toExponential(1)} in the ${what}`);
        console.log(
          `${name}, ${profile}, microbatches of ${microbatchSize}: differs from PyTorch by ${words.join(', ')}`,
        );
        for (const [what, value] of Object.entries(found)) expect(value, what).toBeLessThan(tolerance);
      }
    },
  );

  it('trains the tensors that PyTorch trains, and no others', async () => {
    const job = parseJob({ ...fixture.job, initialize: { checkpoint: 'lora.json', digest } }, 'lora.json');
    const prepared = await prepareJob(job, fixture.dataSet, fileOf(fixture.base, fixture.downs));
    const expected = fixture.steps.find(({ weights }) => weights !== undefined)?.weights ?? new Map();
    expect([...trainedOf(prepared).keys()].sort()).toEqual([...expected.keys()].sort());
    expect([...frozenOf(prepared).keys()].sort()).toEqual(
      [...fixture.base.keys()].filter((tensor) => !expected.has(tensor)).sort(),
    );
  });

  it.each(mistakes[name])('has a comparison that notices %s', async (_, mistake) => {
    const { loss, weights, merged } = await follow(fixture, mistake);
    expect(Math.max(loss, weights, merged)).toBeGreaterThan(tolerance);
  });
});
