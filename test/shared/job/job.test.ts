import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSpecification } from '../../../shared/data/samples.ts';
import * as registeredSources from '../../../shared/data/sources/registered_sources.ts';
import { InputError } from '../../../shared/errors.ts';
import { differences, jobDigest, jobGraph, learningRateAt, parseJob, totalSteps } from '../../../shared/job/job.ts';
import * as registeredLayers from '../../../shared/model/layers/registered_layers.ts';

const sources = Object.values(registeredSources).map(({ source }) => source);

/** The least that a job file may state. */
const minimal = {
  name: 'tiny',
  data: { source: 'mnist' },
  model: { layers: [{ type: 'dense', units: 10 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'sgd', learningRate: 0.1 },
  batchSize: 100,
  epochs: 3,
};

const tiny = parseJob(minimal, 'job.json');

const { loss: _loss, ...withoutLoss } = minimal;
const { epochs: _epochs, ...withoutLength } = minimal;

const fields: readonly FieldSpecification[] = [
  { name: 'image', type: 'u8', shape: [2, 2, 1] },
  { name: 'label', type: 'u8', shape: [], classes: 10 },
];

describe('parseJob', () => {
  it('fills in every default', () => {
    expect(tiny).toEqual({
      ...minimal,
      data: { source: 'mnist', validationSamples: 0 },
      optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
      schedule: { kind: 'constant' },
      batching: 'shuffle',
      microbatchSize: 25,
      seed: 1,
      numerics: 'portable',
    });
  });

  it('leaves an effective job as it is', () => {
    expect(parseJob(tiny, 'job.json')).toEqual(tiny);
  });

  it.each([
    ['an empty list', [], 'expected an object, found a list'],
    ['a list', [1, 2], 'expected an object, found a list'],
    [
      'a list in an object’s place',
      { ...minimal, earlyStopping: [1] },
      'earlyStopping: expected an object, found a list',
    ],
    ['nothing', null, 'expected an object, found null'],
    ['a misspelt key', { ...minimal, batchsize: 1 }, 'batchsize: unknown key (did you mean batchSize?)'],
    [
      'a misspelt key within',
      { ...minimal, optimizer: { kind: 'sgd', learningrate: 1 } },
      'optimizer.learningrate: unknown key (did you mean learningRate?)',
    ],
    [
      'an unknown key that is like no other',
      { ...minimal, optimizer: { ...minimal.optimizer, zzz: 1 } },
      'optimizer.zzz: unknown key; known are kind, learningRate, clipNorm, groups, momentum, nesterov, weightDecay',
    ],
    [
      'a misspelt key of a variant',
      { ...minimal, schedule: { kind: 'linear', finalLearningrate: 0 } },
      'schedule.finalLearningrate: unknown key (did you mean finalLearningRate?)',
    ],
    [
      'a misspelt key in a list of variants',
      { ...minimal, model: { layers: [{ type: 'relu' }, { type: 'dense', unit: 3 }] } },
      'model.layers.1.unit: unknown key (did you mean units?)',
    ],
    ['a missing key', { ...minimal, optimizer: { kind: 'sgd' } }, 'optimizer.learningRate: missing'],
    [
      'a missing kind',
      { ...minimal, schedule: {} },
      'schedule.kind: missing: expected constant or cosine or linear or one-cycle or plateau or step-decay',
    ],
    [
      'a number out of range',
      { ...minimal, optimizer: { kind: 'sgd', learningRate: -1 } },
      'optimizer.learningRate: expected a number above 0, found -1',
    ],
    [
      'a text for a number',
      { ...minimal, optimizer: { kind: 'sgd', learningRate: 'fast' } },
      'optimizer.learningRate: expected a number above 0, found "fast"',
    ],
    [
      'an infinite number',
      { ...minimal, optimizer: { kind: 'sgd', learningRate: Number.POSITIVE_INFINITY } },
      'optimizer.learningRate: expected a number above 0, found Infinity',
    ],
    ['a fraction', { ...minimal, batchSize: 1.5 }, 'batchSize: expected a whole number from 1 to 16777216, found 1.5'],
    [
      'a misspelt choice',
      { ...minimal, numerics: 'fusd' },
      'numerics: expected portable or fused, found "fusd" (did you mean fused?)',
    ],
    [
      'an unknown source',
      { ...minimal, data: { source: 'tape' } },
      `data.source: expected ${sources.join(' or ')}, found "tape"`,
    ],
    [
      'an unknown layer',
      { ...minimal, model: { layers: [{ type: 'dens' }] } },
      `model.layers.0.type: expected ${Object.keys(registeredLayers).join(' or ')}, found "dens" (did you mean dense?)`,
    ],
    ['no layers', { ...minimal, model: { layers: [] } }, 'model.layers: expected at least 1 entries'],
    ['no model', { ...minimal, model: {} }, 'model: expected exactly one of layers and graph'],
    ['layers without a loss', withoutLoss, 'loss: expected a loss with model.layers, and none with model.graph'],
    ['epochs and steps', { ...minimal, steps: 5 }, 'expected exactly one of epochs and steps'],
    ['neither epochs nor steps', withoutLength, 'expected exactly one of epochs and steps'],
    [
      'Nesterov without momentum',
      { ...minimal, optimizer: { ...minimal.optimizer, nesterov: true } },
      'optimizer.nesterov: expected a momentum above 0 where nesterov is true',
    ],
    ['a name that is no file name', { ...minimal, name: '../x' }, 'name: expected a name of at most 64 letters'],
    [
      'a seed that is not exact',
      { ...minimal, seed: 2 ** 53 },
      'seed: expected a whole number from 0 to 9007199254740991',
    ],
  ])('refuses %s in one line', (_what, value, message) => {
    const error = refusal(value);
    expect(error).toBeInstanceOf(InputError);
    const line = (error as InputError).message;
    expect(line.startsWith(`job.json: ${message}`), line).toBe(true);
    expect(line).not.toContain('\n');
  });

  it('throws nothing but InputError, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(tiny)), (value, key) => {
        for (const job of [value, { ...tiny, [key]: value }]) {
          const error = refusal(job);
          if (error !== undefined) expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function refusal(value: unknown): unknown {
  try {
    parseJob(value, 'job.json');
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('jobDigest', () => {
  it('is fixed for a job, so that a run is known again by later releases', () => {
    expect(jobDigest(tiny)).toMatchInlineSnapshot(`"a26792cb980b7d6bc58781572f637cfa56beb0dc7565fffa0a691c8eaacfabd8"`);
  });

  it('does not depend on name, description, order of keys, or defaults written out', () => {
    const reversed = Object.fromEntries(Object.entries(tiny).reverse());
    const renamed = { ...reversed, name: 'other', description: 'the same' };
    expect(jobDigest(parseJob(renamed, 'job.json'))).toBe(jobDigest(tiny));
  });

  it('depends on everything else', () => {
    const others = [
      { data: { source: 'mnist', validationSamples: 1 } },
      { model: { layers: [{ type: 'dense', units: 11 }] } },
      { loss: 'sum-of-squared-errors' },
      { optimizer: { kind: 'sgd', learningRate: 0.2 } },
      { schedule: { kind: 'linear', finalLearningRate: 0.1 } },
      { batching: 'random' },
      { batchSize: 101 },
      { microbatchSize: 26 },
      { epochs: 4 },
      { seed: 2 },
      { numerics: 'fused' },
    ];
    const digests = others.map((change) => jobDigest(parseJob({ ...minimal, ...change }, 'job.json')));
    expect(new Set([jobDigest(tiny), ...digests]).size).toBe(others.length + 1);
  });
});

describe('differences', () => {
  it('names the fields that differ, with both values', () => {
    const other = parseJob(
      {
        ...withoutLength,
        name: 'other',
        steps: 7,
        optimizer: { kind: 'sgd', learningRate: 0.05 },
        model: { layers: [{ type: 'dense', units: 12 }] },
      },
      'job.json',
    );
    expect([...differences(tiny, other)].sort()).toEqual([
      'epochs (3 and none)',
      'model.layers.0.units (10 and 12)',
      'optimizer.learningRate (0.1 and 0.05)',
      'steps (none and 7)',
    ]);
  });

  it('finds none exactly where the digest is the same', () => {
    const renamed = parseJob({ ...minimal, name: 'other' }, 'job.json');
    expect(differences(tiny, renamed)).toEqual([]);
    expect(jobDigest(renamed)).toBe(jobDigest(tiny));
  });
});

describe('jobGraph', () => {
  it('builds a graph of layers over the data set’s fields', () => {
    const graph = jobGraph(tiny, { fields });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['image', 'label']);
  });

  it('takes a graph whose inputs are the data set’s fields, and names those of another', () => {
    const graph = jobGraph(tiny, { fields });
    const job = parseJob({ ...withoutLoss, model: { graph } }, 'job.json');
    expect(jobGraph(job, { fields })).toEqual(graph);
    const other = [{ name: 'image', type: 'u8', shape: [3, 2, 1] } as const, ...fields.slice(1)];
    expect(() => jobGraph(job, { fields: other })).toThrow(
      "model.graph.inputs: expected the data set's fields, image u8 [3, 2, 1], label u8 []; found image u8 [2, 2, 1], label u8 []",
    );
  });

  it('refuses layers that would not read a field of the data', () => {
    const three = [...fields, { name: 'categories', type: 'i32', shape: [2], classes: 9 } as const];
    expect(() => jobGraph(tiny, { fields: three })).toThrow(
      'model.layers: would not read the data\'s categories: state a model.graph, or data.encoding "one-hot"',
    );
  });

  it('refuses a graph with a loss beside it', () => {
    const graph = jobGraph(tiny, { fields });
    expect(() => parseJob({ ...minimal, model: { graph } }, 'job.json')).toThrow(
      'job.json: loss: expected a loss with',
    );
  });
});

describe('totalSteps', () => {
  it('is the steps stated, or epochs times steps an epoch', () => {
    expect(totalSteps(tiny, 600)).toBe(1800);
    expect(totalSteps(parseJob({ ...withoutLength, steps: 7 }, 'job.json'), 600)).toBe(7);
  });

  it('refuses more steps than the random numbers’ counter tells apart', () => {
    expect(() => totalSteps(parseJob({ ...minimal, epochs: 1_000_000 }, 'job.json'), 5000)).toThrow(
      'epochs: 5000000000 steps are more than the limit of 4294967295',
    );
  });
});

describe('learningRateAt', () => {
  it("follows the schedule from the optimizer's rate to the job's last step", () => {
    const job = parseJob({ ...minimal, schedule: { kind: 'linear', finalLearningRate: 0.3 } }, 'job.json');
    expect([learningRateAt(job, 0, 10), learningRateAt(job, 29, 10)]).toEqual([0.1, 0.3]);
  });
});
