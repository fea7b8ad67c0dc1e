// Batch norm: its statistics are those of the microbatch in training, and the running ones otherwise.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import { epilogueCodes } from '../../../../shared/engine/kernels.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { createOptimizer } from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { createStateUpdates } from '../../../../shared/engine/state_updates.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { freezeParameters } from '../../../../shared/model/freeze.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import { batchNorm, conv2d, dense, relu, residual } from '../../../../shared/model/layers/registered_layers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, checkLayersGradients, mathematics } from '../small_models.ts';

const epsilon = 1e-5;

/** Columns that fill vectors and leave a remainder. */
const sizes = fc.record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 14 }) });

function moments(values: Float32Array, rows: number, columns: number) {
  return Array.from({ length: columns }, (_, column) => {
    const own = Array.from({ length: rows }, (__, row) => values[row * columns + column] ?? Number.NaN);
    const mean = own.reduce((sum, x) => sum + x, 0) / rows;
    return { mean, variance: own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows };
  });
}

describe.each(profiles)('the kernels of batch norm in the %s profile', (profile) => {
  const engine = engines[profile];
  const room = (elements: number) => engine.allocate(4 * elements);

  it('give every column its mean and variance, far from zero too', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns }) => {
        const values = testValues(rows * columns, rows).map((x) => x + 1000);
        const [means, variances] = [room(columns), room(columns)];
        engine.kernels.columnMoments(means, variances, floats(engine, values), rows, columns);
        const [foundMeans, foundVariances] = [engine.float32(means, columns), engine.float32(variances, columns)];
        moments(values, rows, columns).forEach(({ mean, variance }, column) => {
          expect(Math.abs((foundMeans[column] ?? Number.NaN) - mean)).toBeLessThan(1e-4);
          expect(foundVariances[column]).toBeCloseTo(variance, 6);
        });
      }),
    );
  });

  it('give a column the same bits whatever stands beside it', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns }) => {
        const values = { x: testValues(rows * columns, 1), gradient: testValues(rows * columns, 2) };
        const gain = testValues(columns, 3);
        const compute = (x: Float32Array, gradient: Float32Array, gains: Float32Array) => {
          const count = gains.length;
          const [means, variances, factors, sums, products] = Array.from({ length: 5 }, () => room(count));
          const [output, target, scratch] = [room(x.length), room(x.length), room(2 * count)];
          if (!means || !variances || !factors || !sums || !products) throw new Error('there are five');
          const [xAt, gradientAt, gainAt] = [floats(engine, x), floats(engine, gradient), floats(engine, gains)];
          const { kernels } = engine;
          kernels.columnMoments(means, variances, xAt, rows, count);
          kernels.inverseDeviations(factors, variances, count, epsilon);
          kernels.normalizeColumns(output, xAt, means, factors, gainAt, gainAt, rows, count, epilogueCodes.relu);
          kernels.columnGradientSums(sums, products, gradientAt, xAt, means, factors, rows, count);
          const given = [target, gradientAt, xAt, means, factors, gainAt, sums, products, scratch] as const;
          kernels.normalizeColumnsGradient(...given, rows, count);
          const results = [means, variances, sums, products].map((each) => engine.float32(each, count).slice());
          return [...results, ...[output, target].map((each) => engine.float32(each, x.length).slice())];
        };
        const all = compute(values.x, values.gradient, gain);
        for (let column = 0; column < columns; column++) {
          const own = (of: Float32Array) => of.filter((_, at) => at % columns === column);
          expect(compute(own(values.x), own(values.gradient), own(gain))).toEqual(all.map(own));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('normalize every column, whether it stands in a vector or alone', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom('none' as const, 'relu' as const), ({ rows, columns }, epilogue) => {
        const [x, means] = [testValues(rows * columns, rows), testValues(columns, 2)];
        const [factors, gain, bias] = [testValues(columns, 3), testValues(columns, 4), testValues(columns, 5)];
        const output = room(rows * columns);
        engine.kernels.normalizeColumns(
          output,
          floats(engine, x),
          floats(engine, means),
          floats(engine, factors),
          floats(engine, gain),
          floats(engine, bias),
          rows,
          columns,
          epilogueCodes[epilogue],
        );
        const found = engine.float32(output, x.length);
        x.forEach((value, at) => {
          const of = (values: Float32Array) => values[at % columns] ?? Number.NaN;
          const y = (value - of(means)) * of(factors) * of(gain) + of(bias);
          expect(found[at]).toBeCloseTo(epilogue === 'relu' ? Math.max(y, 0) : y, 5);
        });
      }),
    );
  });
});

const features = { name: 'features', type: 'f32', shape: [4, 4, 1] } as const;
const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;

function samplesOf(count: number, seed: number) {
  const labelBytes = Uint8Array.from({ length: count }, (_, sample) => (sample + seed) % 3);
  return { count, fields: [bytesOf(testValues(count * 16, seed)), labelBytes] };
}

describe.each(profiles)('a model with batch norm in the %s profile', (profile) => {
  const engine = engines[profile];

  it.each([
    ['alone', [batchNorm()]],
    ['with a large epsilon', [batchNorm({ epsilon: 0.1 })]],
    ['in front of a ReLU', [batchNorm(), relu()]],
    ['in a residual block', [residual([batchNorm(), relu()])]],
  ] as const)('has gradients that agree with numerical differentiation: %s', (_name, layers) => {
    // Two samples nearly alike make a column's variance as small as they like: there f32 and f64 part.
    checkLayersGradients(profile, layers, { tolerance: 2e-3, least: 5 });
  });

  const graph = graphFromLayers(
    [conv2d({ filters: 5, kernelSize: 2, bias: false }), batchNorm({ epsilon }), dense(3)],
    {
      features,
      labels,
      loss: 'softmax-cross-entropy',
    },
  );
  const create = (microbatchSize: number) => {
    const replica = Replica.create(engine, graph, { microbatchSize });
    replica.initialize(1);
    return replica;
  };
  const statesOf = (replica: Replica) => [...replica.readParameters().slice(replica.layout.trainable)];

  it('starts with running statistics of zero and one, no parameters', () => {
    const { tensors } = create(4).layout;
    expect(tensors.filter(({ kind }) => kind === 'state').map(({ name }) => name)).toEqual([
      'batchNorm1.runningMean',
      'batchNorm1.runningVariance',
    ]);
    expect(statesOf(create(4))).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  });

  it('computes the gradient of a microbatch from its own samples alone', () => {
    const replica = create(4);
    const gradientOf = (first: number, count: number) => {
      const { fields } = samplesOf(8, 1);
      const [x, y] = [fields[0] ?? new Uint8Array(0), fields[1] ?? new Uint8Array(0)];
      const part = [x.slice(64 * first, 64 * (first + count)), y.slice(first, first + count)];
      return engine.float32(replica.computeShard({ count, fields: part }).gradient, replica.parameterCount).slice();
    };
    const [left, right, both] = [gradientOf(0, 4), gradientOf(4, 4), gradientOf(0, 8)];
    expect(both).toEqual(left.map((value, index) => Math.fround(value + (right[index] ?? Number.NaN))));
    const whole = create(8).computeShard(samplesOf(8, 1));
    expect(engine.float32(whole.gradient, replica.parameterCount)).not.toEqual(both);
  });

  it('moves its running statistics to the mean over the microbatches, each by its samples', () => {
    const replica = create(4);
    const filters = replica.readParameters().slice(0, 20);
    const samples = samplesOf(6, 2);
    const { gradient } = replica.computeShard(samples);
    createStateUpdates(engine, replica.layout)(replica.parameters, gradient, 6);
    const rows = convolved(new Float32Array((samples.fields[0] ?? new Uint8Array(0)).slice().buffer), filters);
    const parts = [rows.slice(0, 4 * 9 * 5), rows.slice(4 * 9 * 5)];
    const found = statesOf(replica);
    for (let channel = 0; channel < 5; channel++) {
      let [mean, variance] = [0, 0];
      for (const part of parts) {
        const count = part.length / 5;
        const own = moments(part, count, 5)[channel] ?? { mean: 0, variance: 0 };
        mean += (own.mean * count) / 54;
        variance += (own.variance * (count / (count - 1)) * count) / 54;
      }
      expect(found[channel]).toBeCloseTo(0.1 * mean, 6);
      expect(found[channel + 5]).toBeCloseTo(0.9 + 0.1 * variance, 6);
    }
  });

  it('predicts a sample with the running statistics, whatever stands beside it', () => {
    const replica = create(4);
    const { fields } = samplesOf(6, 3);
    const all = replica.predict({ count: 6, fields });
    const alone = replica.predict({ count: 1, fields: [(fields[0] ?? new Uint8Array(0)).slice(0, 64)] });
    expect(all.slice(0, 3)).toEqual(alone);
    const moved = replica.readParameters();
    moved.fill(0.5, replica.layout.trainable);
    replica.setParameters(moved);
    expect(replica.predict({ count: 6, fields })).not.toEqual(all);
  });
});

describe.each(profiles)('a batch norm whose gain is frozen, in the %s profile', (profile) => {
  const features = { name: 'features', type: 'f32', shape: [4, 4, 1] } as const;
  const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;
  const layers = [conv2d({ filters: 5, kernelSize: 2 }), batchNorm(), relu(), dense(3)];
  const free = graphFromLayers(layers, { features, labels, loss: 'softmax-cross-entropy' });
  const graph = freezeParameters(free, ['batchNorm1.gain']);
  const samples = { count: 6, fields: [bytesOf(testValues(6 * 16, 4)), Uint8Array.of(0, 1, 2, 2, 1, 0)] };

  it('normalizes in training as it does in use', () => {
    const replica = Replica.create(engines[profile], graph, { microbatchSize: 6 });
    replica.initialize(5);
    const inUse = replica.evaluate(samples).lossSum;
    expect(replica.computeShard(samples).lossSum).toBeCloseTo(inUse, 5);
  });

  it('leaves its running statistics as they are', () => {
    const replica = Replica.create(engines[profile], graph, { microbatchSize: 6 });
    replica.initialize(5);
    const before = replica.readParameters();
    const { trainable } = replica.layout;
    const statistics = testValues(before.length - trainable, 8).map((value) => value + 2);
    before.set(statistics, trainable);
    replica.setParameters(before);
    const sgd = { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 } as const;
    const optimizer = createOptimizer(engines[profile], sgd, trainable);
    for (let step = 1; step <= 3; step++) {
      const { gradient } = replica.computeShard(samples, { step, firstSample: 0 });
      replica.update(optimizer, gradient, samples.count, 0.1, step);
    }
    replica
      .readParameters()
      .subarray(trainable)
      .forEach((value, at) => {
        expect(value).toBeCloseTo(statistics[at] ?? Number.NaN, 5);
      });
  });

  it('has gradients that agree with numerical differentiation', () => {
    const results = checkGradients({ engine: engines[profile], graph, samples, seed: 3, mathematics });
    expect(results.map(({ name }) => name)).toContain('batchNorm1.bias');
    for (const { name, worstRelativeError } of results) expect(worstRelativeError, name).toBeLessThan(2e-4);
  });
});

/** Images of 4x4 with filters [2, 2, 1, 5], as rows of 5. */
function convolved(images: Float32Array, filters: Float32Array): Float32Array {
  const rows: number[] = [];
  for (let image = 0; image < images.length; image += 16)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        for (let filter = 0; filter < 5; filter++) {
          const cells = [0, 1, 4, 5].map((step) => images[image + 4 * y + x + step] ?? Number.NaN);
          rows.push(cells.reduce((sum, cell, at) => sum + cell * (filters[5 * at + filter] ?? Number.NaN), 0));
        }
  return Float32Array.from(rows);
}

describe('batchNorm', () => {
  it('refuses parameters and states that do not fit, in words', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'features', type: 'f32', shape: [2, 4] });
    const parameter = (name: string) => builder.parameter(name, [4], { kind: 'constant', value: 1 });
    const inputs = ['gain', 'bias', 'runningMean', 'runningVariance'].map(parameter);
    const node = builder.node('normalized', 'batchNorm', [x, ...inputs]);
    const loss = builder.sumOfSquaredErrors('loss', node, x);
    expect(() => buildModel(builder.finish({ loss, prediction: node }))).toThrow(
      'node normalized (batchNorm): expected parameters gain and bias [4], states runningMean and runningVariance [4] ' +
        'for x [2, 4], found parameter runningMean [4]',
    );
  });
});
