import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { createOptimizer } from '../../../shared/engine/optimizers/optimizer_registry.ts';
import { computeReference } from '../../../shared/engine/reference.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { engines, profiles } from '../kernels/profiles.ts';
import {
  convolutionalLayers,
  denseLayers,
  imageGraph,
  imageSamples,
  mathematics,
  sliceSamples,
} from './small_models.ts';

function denseReplica(microbatchSize = 4) {
  const engine = engines.portable;
  const replica = Replica.create(engine, imageGraph(denseLayers), { microbatchSize });
  replica.initialize(1);
  return { engine, replica };
}

describe.each(profiles)('Replica in the %s profile', (profile) => {
  it('computes loss, metrics and predictions as the reference does, over several passes', () => {
    const engine = engines[profile];
    const graph = imageGraph(convolutionalLayers);
    const model = buildModel(graph);
    const replica = Replica.create(engine, graph, { microbatchSize: 25 });
    replica.initialize(1);
    const samples = imageSamples(230);
    const flat = replica.readParameters();
    const parameters = new Map(
      model.layout.tensors.map(({ name, offset, elements }) => [
        name,
        Float64Array.from(flat.subarray(offset, offset + elements)),
      ]),
    );
    const expected = computeReference({ model, samples, parameters, mathematics });
    const evaluated = { ...replica.evaluate(samples) };
    expect(evaluated.samples).toBe(230);
    expect(evaluated.lossSum / expected.loss).toBeCloseTo(1, 5);
    expect(evaluated.metricSums.accuracy).toBe(expected.values.get('accuracy')?.[0]);
    expect(replica.computeShard(samples).lossSum / evaluated.lossSum).toBeCloseTo(1, 5);
    const predicted = replica.predict(samples);
    const logits = expected.values.get(model.prediction.name) ?? new Float64Array(0);
    expect(predicted).toHaveLength(230 * 3);
    expect(Math.max(...predicted.map((value, index) => Math.abs(value - (logits[index] ?? 0))))).toBeLessThan(1e-5);
  });

  it('learns', async () => {
    const engine = await loadEngine(profile);
    const replica = Replica.create(engine, imageGraph(convolutionalLayers), { microbatchSize: 8 });
    replica.initialize(2);
    const specification = { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 } as const;
    const optimizer = createOptimizer(engine, specification, replica.parameterCount);
    const samples = imageSamples(30);
    const lossBefore = replica.evaluate(samples).lossSum;
    for (let step = 0; step < 400; step++) {
      const { gradient, samples: count } = replica.computeShard(samples);
      replica.update(optimizer, gradient, count, 0.1, step + 1);
    }
    const { lossSum, metricSums } = replica.evaluate(samples);
    expect(lossSum).toBeLessThan(0.2 * lossBefore);
    expect(metricSums.accuracy).toBe(30);
  });
});

describe('Replica', () => {
  it('weights a last, smaller microbatch by its samples', () => {
    const { engine, replica } = denseReplica();
    const samples = imageSamples(10);
    const gradientOf = (first: number, count: number) => {
      const { gradient, lossSum } = replica.computeShard(sliceSamples(samples, [36, 1], first, count));
      return { values: engine.float32(gradient, replica.parameterCount).slice(), lossSum };
    };
    const single = Array.from({ length: 10 }, (_, sample) => gradientOf(sample, 1));
    const whole = gradientOf(0, 10);
    const sum = whole.values.map((_, index) => single.reduce((total, { values }) => total + (values[index] ?? 0), 0));
    const scale = Math.max(...sum.map(Math.abs));
    whole.values.forEach((value, index) => {
      expect(Math.abs(value - (sum[index] ?? 0)) / scale).toBeLessThan(1e-6);
    });
    expect(whole.lossSum).toBeCloseTo(
      single.reduce((total, { lossSum }) => total + lossSum, 0),
      4,
    );
  });

  it('asks between passes whether to go on, and computes the next shard whole if it was not to', () => {
    const { engine, replica } = denseReplica();
    const samples = imageSamples(300);
    const bitsOf = (between?: () => void) => {
      const { gradient, lossSum } = replica.computeShard(samples, { step: 0, firstSample: 0 }, between);
      return { values: engine.float32(gradient, replica.parameterCount).slice(), lossSum };
    };
    const expected = bitsOf();
    let asked = 0;
    const ask = () => {
      asked += 1;
    };
    expect(bitsOf(ask)).toEqual(expected);
    expect(asked).toBe(Math.ceil(300 / replica.microbatchSize) - 1);
    const stop = () => {
      throw new Error('too long');
    };
    expect(() => bitsOf(stop)).toThrow('too long');
    expect(bitsOf()).toEqual(expected);
    const { lossSum } = replica.evaluate(samples);
    asked = 0;
    expect(replica.evaluate(samples, ask).lossSum).toBe(lossSum);
    expect(asked).toBe(2); // Evaluation passes take 100 samples.
    expect(() => replica.evaluate(samples, stop)).toThrow('too long');
    expect(replica.evaluate(samples).lossSum).toBe(lossSum);
  });

  it('knows how much arithmetic a sample is', () => {
    const perSample = (units: number) => {
      const graph = imageGraph([
        { type: 'dense', units },
        { type: 'dense', units: 3 },
      ]);
      return Replica.create(engines.portable, graph, { microbatchSize: 50 }).operationsPerSample;
    };
    // Forward, and backward for the weight alone: 4 operations for each of the 36 inputs of a unit; little for the rest.
    const oneUnit = (perSample(2000) - perSample(1000)) / 1000;
    expect(oneUnit).toBeGreaterThan(4 * 36);
    expect(oneUnit).toBeLessThan(4 * 36 + 500);
  });

  it('gives the same initial weights for a seed, others for another, each tensor its own', () => {
    const weights = (seed: number) => {
      const { replica } = denseReplica();
      replica.initialize(seed);
      return replica.readParameters();
    };
    expect(weights(7)).toEqual(weights(7));
    expect(weights(7)).not.toEqual(weights(8));
    expect(weights(2 ** 40 + 7)).not.toEqual(weights(7));
    const { replica } = denseReplica();
    expect(replica.layout.tensors.map(({ name, offset, shape }) => ({ name, offset, shape }))).toEqual([
      { name: 'dense1.weight', offset: 0, shape: [36, 5] },
      { name: 'dense1.bias', offset: 180, shape: [5] },
      { name: 'dense2.weight', offset: 185, shape: [5, 3] },
      { name: 'dense2.bias', offset: 200, shape: [3] },
    ]);
  });

  it('computes with the parameters that it was given last', () => {
    const { replica } = denseReplica();
    const samples = imageSamples(5);
    const before = replica.predict(samples);
    replica.setParameters(new Float32Array(replica.parameterCount));
    expect(replica.predict(samples)).toEqual(new Float32Array(15));
    replica.initialize(1);
    expect(replica.predict(samples)).toEqual(before);
    const copy = replica.readParameters();
    replica.readParameters().fill(0);
    expect(replica.predict(samples)).toEqual(before);
    replica.initialize(2);
    replica.setParameters(copy);
    expect(replica.predict(samples)).toEqual(before);
    expect(() => replica.setParameters(new Float32Array(3))).toThrow(
      new InputError(`parameters: expected ${replica.parameterCount} values, found 3`),
    );
  });

  it('reads samples from unaligned bytes', () => {
    const { replica } = denseReplica();
    const { count, fields } = imageSamples(9);
    const moved = fields.map((field) => {
      const larger = new Uint8Array(field.length + 1);
      larger.set(field, 1);
      return larger.subarray(1);
    });
    expect(replica.predict({ count, fields: moved })).toEqual(replica.predict({ count, fields }));
  });

  it('predicts without labels', () => {
    const { replica } = denseReplica();
    const { count, fields } = imageSamples(3);
    const expected = replica.predict({ count, fields });
    expect(replica.predict({ count, fields: fields.slice(0, 1) })).toEqual(expected);
  });

  it('reports a metric named as the loss beside it', () => {
    const graph = { ...imageGraph(denseLayers), metrics: { loss: 'accuracy', again: 'accuracy', same: 'loss' } };
    const replica = Replica.create(engines.portable, graph, { microbatchSize: 5 });
    replica.initialize(1);
    const { lossSum, metricSums } = replica.evaluate(imageSamples(20));
    expect(metricSums.same).toBe(lossSum);
    expect(metricSums.again).toBe(metricSums.loss);
    expect(Number.isInteger(metricSums.loss)).toBe(true);
  });

  it('keeps memory bounded however many sizes of batch are predicted', async () => {
    const engine = await loadEngine('portable');
    const replica = Replica.create(engine, imageGraph(convolutionalLayers), { microbatchSize: 1 });
    replica.predict(imageSamples(100));
    const before = engine.memory.buffer.byteLength;
    for (let count = 1; count < 100; count++) replica.predict(imageSamples(count));
    expect(engine.memory.buffer.byteLength).toBe(before);
  });

  it('refuses a label that is no class, before it computes anything', () => {
    const { replica } = denseReplica();
    const { count, fields } = imageSamples(9);
    const labels = fields[1]?.slice() ?? new Uint8Array(0);
    labels[8] = 3;
    const wrong = { count, fields: [fields[0] ?? labels, labels] };
    const message = 'samples: label 3 of sample 8 in field labels, expected 0 to 2';
    expect(() => replica.computeShard(wrong)).toThrow(new InputError(message));
    expect(() => replica.evaluate(wrong)).toThrow(new InputError(message));
  });

  it('refuses a negative i32 label', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape: [2] });
    const labels = builder.input({ name: 'labels', type: 'i32', shape: [] });
    const logits = builder.matmul('logits', x, builder.parameter('weight', [2, 300], { kind: 'xavier' }));
    const loss = builder.softmaxCrossEntropy('loss', logits, labels);
    const graph = builder.finish({ loss, prediction: logits });
    const replica = Replica.create(engines.portable, graph, { microbatchSize: 2 });
    const shard = (label: number) => ({
      count: 2,
      fields: [new Uint8Array(16), new Uint8Array(Int32Array.of(299, label).buffer)],
    });
    expect(replica.computeShard(shard(256)).lossSum).toBeCloseTo(2 * Math.log(300), 4);
    for (const label of [-1, 300, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(() => replica.computeShard(shard(label))).toThrow(`label ${label} of sample 1 in field labels`);
    }
  });

  it('takes the one label that stands for none, where all that use it leave it out', () => {
    const replicaWith = (accuracyIgnores: boolean) => {
      const builder = new GraphBuilder();
      const x = builder.input({ name: 'x', type: 'f32', shape: [2, 3] });
      const labels = builder.input({ name: 'labels', type: 'i32', shape: [2] });
      const logits = builder.matmul('logits', x, builder.parameter('weight', [3, 5], { kind: 'xavier' }));
      const loss = builder.softmaxCrossEntropy('loss', logits, labels, { ignored: -1, average: true });
      const accuracy = builder.accuracy('accuracy', logits, labels, accuracyIgnores ? { ignored: -1 } : {});
      const graph = builder.finish({ loss, metrics: { accuracy }, prediction: logits });
      return Replica.create(engines.portable, graph, { microbatchSize: 3 });
    };
    const labels = (...values: readonly number[]) => ({
      count: 3,
      fields: [new Uint8Array(72), new Uint8Array(Int32Array.from(values).buffer)],
    });
    const { lossSum, metricSums } = replicaWith(true).computeShard(labels(0, -1, 2, 0, -1, -1));
    expect(lossSum).toBeCloseTo(2 * Math.log(5), 4);
    expect(metricSums.accuracy).toBe(2);
    expect(() => replicaWith(true).computeShard(labels(0, -2, 0, 0, 0, 0))).toThrow(
      'label -2 of position 1 of sample 0',
    );
    expect(() => replicaWith(false).computeShard(labels(0, -1, 0, 0, 0, 0))).toThrow(
      'label -1 of position 1 of sample 0',
    );
  });

  it('checks the label of every position', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape: [2, 3] });
    const labels = builder.input({ name: 'labels', type: 'i32', shape: [2] });
    const logits = builder.matmul('logits', x, builder.parameter('weight', [3, 5], { kind: 'xavier' }));
    const loss = builder.softmaxCrossEntropy('loss', logits, labels);
    const replica = Replica.create(engines.portable, builder.finish({ loss, prediction: logits }), {
      microbatchSize: 2,
    });
    const compute = (...values: readonly number[]) =>
      replica.computeShard({
        count: 3,
        fields: [new Uint8Array(72), new Uint8Array(Int32Array.from(values).buffer)],
      });
    expect(compute(0, 1, 2, 3, 4, 0).lossSum).toBeCloseTo(6 * Math.log(5), 4);
    const message = 'samples: label 5 of position 1 of sample 2 in field labels, expected 0 to 4';
    expect(() => compute(0, 1, 2, 3, 4, 5)).toThrow(new InputError(message));
  });

  it.each([
    ['no samples', { count: 0, fields: imageSamples(1).fields }, 'samples: 0 of them, expected at least 1'],
    ['a missing field', { count: 1, fields: [new Uint8Array(36)] }, 'samples: field labels is missing'],
    [
      'a short field',
      { count: 2, fields: [new Uint8Array(71), new Uint8Array(2)] },
      'samples: field pixels has 71 bytes, expected 72',
    ],
    [
      'a long field',
      { count: 2, fields: [new Uint8Array(73), new Uint8Array(2)] },
      'samples: field pixels has 73 bytes, expected 72',
    ],
  ])('refuses %s', (_, samples, message) => {
    const { replica } = denseReplica();
    expect(() => replica.computeShard(samples)).toThrow(new InputError(message));
  });

  it.each([0, -1, 2.5, Number.NaN])('refuses microbatches of %s', (microbatchSize) => {
    expect(() => denseReplica(microbatchSize)).toThrow(InputError);
  });
});
