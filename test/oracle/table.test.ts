// An outside oracle for tables: a model of numbers and embedded categories follows PyTorch's, from the text of the table on.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../shared/data/csv.ts';
import type { DataSet } from '../../shared/data/data_set.ts';
import { sliceSamples } from '../../shared/data/samples.ts';
import { dataSetFromTables, type TableDataSetOptions } from '../../shared/data/table_data_set.ts';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { GraphBuilder } from '../../shared/model/builder.ts';
import { engines, profiles } from '../shared/kernels/profiles.ts';
import { floats } from './fixture.ts';

interface TableFixture {
  readonly table: string;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly initial: string;
  readonly steps: readonly { readonly loss: number; readonly weights: string }[];
}

/** As in oracle.test.ts, relative to the loss and to the largest weight. */
const tolerance = 1e-5;

const url = new URL('./fixtures/table_embeddings.json', import.meta.url);
const fixture: TableFixture = JSON.parse(await readFile(url, 'utf8'));

const width = 3;

function dataSetOf(text: string, options: Partial<TableDataSetOptions> = {}): DataSet {
  const training = parseCsv(text, 'table.csv');
  return dataSetFromTables({
    name: 'table',
    training,
    test: training,
    target: 'price',
    task: 'regression',
    categories: ['colour', 'weekday'],
    encoding: 'codes',
    missing: 'mean',
    normalization: 'standard',
    validationSamples: 0,
    seed: 1,
    digestOf: (chunks) => [...chunks].reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex'),
    ...options,
  });
}

/** Standardized numbers and embedded categories, side by side, through two dense layers. */
function graphOf({ fields }: DataSet): Graph {
  const [features, labels, categories] = fields;
  if (features === undefined || labels === undefined || categories === undefined) throw new Error('a field is missing');
  const builder = new GraphBuilder();
  const zero = { kind: 'constant', value: 0 } as const;
  const x = builder.input(features);
  const target = builder.input(labels);
  const codes = builder.input(categories);
  const { mean = [0], deviation = [1] } = features.standardization ?? {};
  const numbers = builder.standardize('numbers', x, mean, deviation);
  const table = builder.parameter('table', [categories.classes ?? 0, width], zero);
  const embedded = builder.reshape('embedded', builder.embedding('rows', codes, table), [2 * width]);
  const both = builder.concat('both', [numbers, embedded]);
  const dense = (name: string, input: typeof x, inner: number, units: number) => {
    const product = builder.matmul(`${name}.product`, input, builder.parameter(`${name}.weight`, [inner, units], zero));
    return builder.bias(name, product, builder.parameter(`${name}.bias`, [units], zero));
  };
  const hidden = builder.activation('relu', 'relu', dense('hidden', both, 2 + 2 * width, 8));
  const output = builder.reshape('output', dense('last', hidden, 8, 1), []);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', output, target), prediction: output });
}

function follow(dataSet: DataSet, profile: NumericsProfile): { readonly loss: number; readonly weights: number } {
  const engine = engines[profile];
  const { batchSize, learningRate, steps } = fixture;
  const replica = Replica.create(engine, graphOf(dataSet), { microbatchSize: 5 });
  const optimizer = createOptimizer(
    engine,
    { kind: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false },
    replica.layout.trainable,
  );
  replica.setParameters(floats(fixture.initial));
  const largest = { loss: 0, weights: 0 };
  steps.forEach((expected, step) => {
    const first = (step * batchSize) % dataSet.training.count;
    const samples = sliceSamples(dataSet.training, dataSet.fields, first, first + batchSize);
    const { gradient, lossSum } = replica.computeShard(samples);
    largest.loss = Math.max(largest.loss, Math.abs(lossSum / batchSize - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, batchSize, learningRate, step + 1);
    const [found, wanted] = [replica.readParameters(), floats(expected.weights)];
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    wanted.forEach((value, at) => {
      largest.weights = Math.max(largest.weights, Math.abs(value - (found[at] ?? Number.NaN)) / scale);
    });
  });
  return largest;
}

describe.each(profiles)('a model of a table with embeddings in the %s profile', (profile) => {
  it('follows PyTorch for 20 steps', () => {
    expect(fixture.steps).toHaveLength(20);
    const { loss, weights } = follow(dataSetOf(fixture.table), profile);
    console.log(
      `table, ${profile}: differs from PyTorch by ${loss.toExponential(1)} in the loss, ${weights.toExponential(1)} in the weights`,
    );
    expect(loss).toBeLessThan(tolerance);
    expect(weights).toBeLessThan(tolerance);
  });
});

describe('the comparison', () => {
  const [header = '', ...rows] = fixture.table.trim().split('\n');
  const changed = (change: (cells: string[]) => string[]) =>
    [header, ...rows.map((row) => change(row.split(',')).join(','))].join('\n');

  it.each<readonly [string, DataSet]>([
    ['another normalization', dataSetOf(fixture.table, { normalization: 'range' })],
    [
      'missing numbers that are not the mean',
      dataSetOf(changed(([colour = '', length = '', ...others]) => [colour, length === '' ? '21' : length, ...others])),
    ],
    ['categories in another order', dataSetOf([header, ...rows.slice(0, 16).reverse(), ...rows.slice(16)].join('\n'))],
    ['a number that is off by a hundredth', dataSetOf(fixture.table.replace(/,(\d\d\.\d)\d,/, ',$19,'))],
  ])('notices %s', (_what, dataSet) => {
    const { loss, weights } = follow(dataSet, 'portable');
    expect(Math.max(loss, weights)).toBeGreaterThan(tolerance);
  });
});
