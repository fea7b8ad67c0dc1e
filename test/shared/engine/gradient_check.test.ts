import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine, engineMemory } from '../../../shared/engine/engine.ts';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import type { LossName } from '../../../shared/model/losses/loss_registry.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';
import { mathematics } from './small_models.ts';

/** f32 gradients agree with f64 differences to this even where tanh and probabilities saturate; a wrong rule is far off. */
const tolerance = 2e-4;

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer);

function labelsOf(count: number, classes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7 + seed) % classes);
}

function expectRightGradients(
  graph: Graph,
  fields: readonly Uint8Array[],
  count: number,
  profile: (typeof profiles)[number],
) {
  const engine = engines[profile];
  const results = checkGradients({ engine, graph, samples: { count, fields }, seed: 3, mathematics, step: 1e-4 });
  // A dead ReLU before a zero bias lies exactly on its kink; the rest of the model is still compared.
  expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(0);
  for (const { name, worstRelativeError } of results) {
    expect(worstRelativeError, `${name} of ${JSON.stringify(graph.nodes.map(({ op }) => op))}`).toBeLessThan(tolerance);
  }
}

const normal = { kind: 'normal', standardDeviation: 0.3 } as const;
const size = fc.integer({ min: 1, max: 9 });
const activation = fc.constantFrom('relu' as const, 'sigmoid' as const, 'tanh' as const);
const loss = fc.constantFrom<LossName>('softmax-cross-entropy', 'sum-of-squared-errors');

const denseModels = fc.record({
  count: size,
  inputs: size,
  hidden: size,
  classes: fc.integer({ min: 2, max: 13 }),
  type: fc.constantFrom('u8' as const, 'f32' as const),
  activation,
  loss,
});

const convolutionModels = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 4, max: 8 }),
  width: fc.integer({ min: 4, max: 8 }),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 })),
  kernelSize: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  pooling: fc.constantFrom('maxPool' as const, 'averagePool' as const),
  poolingPadding: fc.constantFrom('same' as const, 'valid' as const),
  activation,
  loss,
});

describe.each(profiles)('gradients in the %s profile agree with numerical differentiation', (profile) => {
  it('of dense layers, every activation and both losses', () => {
    fc.assert(
      fc.property(denseModels, ({ count, inputs, hidden, classes, type, activation: kind, loss: lossName }) => {
        const layers: Layer[] = [
          { type: 'dense', units: hidden, initializer: normal },
          { type: kind },
          { type: 'dense', units: hidden, initializer: { kind: 'xavier' } },
          { type: kind },
          { type: 'dense', units: classes, initializer: { kind: 'he' } },
        ];
        const graph = graphFromLayers(layers, {
          features: { name: 'features', type, shape: [inputs] },
          labels: { name: 'labels', type: 'u8', shape: [], classes },
          loss: lossName,
        });
        const values = testValues(count * inputs, inputs);
        const features = type === 'f32' ? bytesOf(values) : Uint8Array.from(values, (x) => (x + 1) * 127);
        const fields = [features, labelsOf(count, classes, hidden)];
        expectRightGradients(graph, fields, count, profile);
      }),
      { numRuns: 40 },
    );
  });

  it('of convolutions and pooling of every stride and padding', () => {
    fc.assert(
      fc.property(convolutionModels, (model) => {
        const {
          count,
          height,
          width,
          channels,
          filters,
          kernelSize,
          stride,
          padding,
          pooling,
          activation: kind,
        } = model;
        const layers: Layer[] = [
          { type: 'conv2d', filters: filters[0], kernelSize, padding: 'same', initializer: normal },
          { type: kind },
          { type: pooling, size: 2, stride: 1, padding: model.poolingPadding },
          {
            type: 'conv2d',
            filters: filters[1],
            kernelSize: Math.min(kernelSize, 3),
            stride,
            padding,
            initializer: normal,
          },
          { type: 'flatten' },
          { type: 'dense', units: 3, initializer: normal },
        ];
        const graph = graphFromLayers(layers, {
          // Not bytes: equal pixels tie in a pooling window, and f32 and f64 then break the tie differently.
          features: { name: 'features', type: 'f32', shape: [height, width, channels] },
          labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
          loss: model.loss,
        });
        const pixels = bytesOf(testValues(count * height * width * channels, height));
        expectRightGradients(graph, [pixels, labelsOf(count, 3, height)], count, profile);
      }),
      { numRuns: 40 },
    );
  });

  it('of residual connections, a shared parameter and f32 targets', () => {
    fc.assert(
      fc.property(size, size, activation, (count, width, kind) => {
        const builder = new GraphBuilder();
        const x = builder.input({ name: 'x', type: 'f32', shape: [width] });
        const target = builder.input({ name: 'target', type: 'f32', shape: [width] });
        const weight = builder.parameter('weight', [width, width], normal);
        const offset = builder.parameter('offset', [width], normal);
        const first = builder.activation(
          'first',
          kind,
          builder.bias('shifted', builder.matmul('product', x, weight), offset),
        );
        const second = builder.matmul('again', first, weight);
        const sum = builder.add('sum', second, first);
        const doubled = builder.add('doubled', sum, sum);
        const scaled = builder.scale('scaled', doubled, 0.5, 0.1);
        const lossNode = builder.sumOfSquaredErrors('loss', builder.bias('output', scaled, offset), target);
        const graph = builder.finish({ loss: lossNode, prediction: scaled });
        const fields = [bytesOf(testValues(count * width, 1)), bytesOf(testValues(count * width, 2))];
        expectRightGradients(graph, fields, count, profile);
      }),
      { numRuns: 40 },
    );
  });

  it('of positions in a sample, each with a label', () => {
    const models = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      positions: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }),
      width: size,
      classes: fc.integer({ min: 2, max: 7 }),
      type: fc.constantFrom('u8' as const, 'i32' as const),
      loss,
    });
    fc.assert(
      fc.property(models, ({ count, positions, width, classes, type, loss: lossName }) => {
        const builder = new GraphBuilder();
        const x = builder.input({ name: 'x', type: 'f32', shape: [...positions, width] });
        const labels = builder.input({ name: 'labels', type, shape: positions });
        const first = builder.matmul('first', x, builder.parameter('firstWeight', [width, 5], normal));
        const hidden = builder.activation(
          'hidden',
          'tanh',
          builder.bias('shifted', first, builder.parameter('offset', [5], normal)),
        );
        const logits = builder.matmul('logits', hidden, builder.parameter('secondWeight', [5, classes], normal));
        const lossNode =
          lossName === 'softmax-cross-entropy'
            ? builder.softmaxCrossEntropy('loss', logits, labels)
            : builder.sumOfSquaredErrors('loss', logits, builder.oneHot('target', labels, classes));
        const rows = count * positions.reduce((product, each) => product * each, 1);
        const values = labelsOf(rows, classes, width);
        const fields = [
          bytesOf(testValues(rows * width, 1)),
          type === 'u8' ? values : new Uint8Array(Int32Array.from(values).buffer),
        ];
        expectRightGradients(builder.finish({ loss: lossNode, prediction: logits }), fields, count, profile);
      }),
      { numRuns: 40 },
    );
  });

  it('of squared errors whose target is computed from parameters too', () => {
    fc.assert(
      fc.property(size, size, size, fc.boolean(), (count, inputs, outputs, shared) => {
        const builder = new GraphBuilder();
        const x = builder.input({ name: 'x', type: 'f32', shape: [inputs] });
        const weight = builder.parameter('weight', [inputs, outputs], normal);
        const student = builder.activation('student', 'tanh', builder.matmul('first', x, weight));
        const teacherWeight = shared ? weight : builder.parameter('teacher', [inputs, outputs], normal);
        const target = builder.matmul('second', x, teacherWeight);
        const lossNode = builder.sumOfSquaredErrors('loss', student, target);
        const graph = builder.finish({ loss: lossNode, prediction: student });
        expectRightGradients(graph, [bytesOf(testValues(count * inputs, 1))], count, profile);
      }),
      { numRuns: 40 },
    );
  });
});

describe('checkGradients', () => {
  it('finds a wrong gradient', () => {
    const graph = graphFromLayers([{ type: 'dense', units: 2 }], {
      features: { name: 'features', type: 'f32', shape: [3] },
      labels: { name: 'labels', type: 'u8', shape: [], classes: 2 },
      loss: 'softmax-cross-entropy',
    });
    const fields = [bytesOf(testValues(12, 1)), labelsOf(4, 2, 0)];
    // An exponential that is off makes the reference, and so the differences, disagree with the engine.
    const wrong = { ...mathematics, exp: (x: number) => Math.exp(0.9 * x) };
    const results = checkGradients({
      engine: engines.portable,
      graph,
      samples: { count: 4, fields },
      seed: 1,
      mathematics: wrong,
    });
    expect(Math.max(...results.map(({ worstRelativeError }) => worstRelativeError))).toBeGreaterThan(0.01);
  });

  it('lets no gradient pass that is not a number', () => {
    const { kernels, memory } = engines.portable;
    const sumRows: typeof kernels.sumRows = (sums, ...rest) => {
      kernels.sumRows(sums, ...rest);
      new Float32Array(memory.buffer, sums, 1)[0] = Number.NaN;
    };
    const broken = new Engine({
      profile: 'portable',
      kernels: { ...kernels, sumRows },
      memory,
      maximumBytes: engineMemory,
      heapBase: engines.portable.allocate(2 ** 20),
      grown: [],
    });
    const graph = graphFromLayers([{ type: 'dense', units: 3 }], {
      features: { name: 'features', type: 'f32', shape: [2] },
      labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
      loss: 'softmax-cross-entropy',
    });
    const samples = { count: 4, fields: [bytesOf(testValues(8, 1)), labelsOf(4, 3, 0)] };
    const [weight, bias] = checkGradients({ engine: broken, graph, samples, seed: 1, mathematics });
    expect(weight?.worstRelativeError).toBeLessThan(tolerance);
    expect(bias?.worstRelativeError).toBeNaN();
  });

  it('leaves out, and counts, components whose difference crosses a kink', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape: [2] });
    const target = builder.input({ name: 'target', type: 'f32', shape: [2] });
    // Just above the kink; the difference reaches below it.
    const offset = builder.parameter('offset', [2], { kind: 'uniform', low: 1e-5, high: 2e-5 });
    const rectified = builder.activation('rectified', 'relu', builder.bias('shifted', x, offset));
    const loss = builder.sumOfSquaredErrors('loss', rectified, target);
    const graph = builder.finish({ loss, prediction: rectified });
    const fields = [bytesOf(Float32Array.of(0, 1)), bytesOf(Float32Array.of(1, 1))];
    const given = { engine: engines.portable, graph, samples: { count: 1, fields }, seed: 1, mathematics };
    const check = (step: number, atOnce = 1) => checkGradients({ ...given, step, atOnce });
    expect(check(1e-4)).toMatchObject([{ name: 'offset', compared: 1, skipped: 1 }]);
    // Also where it is moved together with others.
    expect(check(1e-4, 2)).toMatchObject([{ name: 'offset', compared: 1, skipped: 1 }]);
    expect(check(1e-6)).toMatchObject([{ name: 'offset', compared: 2, skipped: 0 }]);
  });

  it('compares as many components of a tensor as asked for, always the same', () => {
    const graph = graphFromLayers([{ type: 'dense', units: 9 }], {
      features: { name: 'features', type: 'f32', shape: [30] },
      labels: { name: 'labels', type: 'u8', shape: [], classes: 9 },
      loss: 'softmax-cross-entropy',
    });
    const samples = { count: 4, fields: [bytesOf(testValues(120, 1)), labelsOf(4, 9, 0)] };
    const check = () =>
      checkGradients({ engine: engines.portable, graph, samples, seed: 1, mathematics, componentsPerTensor: 20 });
    expect(check().map(({ compared }) => compared)).toEqual([20, 9]);
    expect(check()).toEqual(check());
  });

  it('compares the sums of components that are moved together', () => {
    const layers: readonly Layer[] = [{ type: 'dense', units: 9 }, { type: 'relu' }, { type: 'dense', units: 3 }];
    const graph = graphFromLayers(layers, {
      features: { name: 'features', type: 'f32', shape: [30] },
      labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
      loss: 'softmax-cross-entropy',
    });
    const samples = { count: 4, fields: [bytesOf(testValues(120, 1)), labelsOf(4, 3, 0)] };
    const check = (more: object) =>
      checkGradients({ engine: engines.portable, graph, samples, seed: 1, mathematics, ...more });
    const together = check({ componentsPerTensor: 100, atOnce: 25 });
    expect(together.map(({ compared }) => compared)).toEqual([100, 9, 27, 3]);
    for (const { worstRelativeError } of together) expect(worstRelativeError).toBeLessThan(tolerance);
    const wrong = { ...mathematics, exp: (x: number) => Math.exp(0.9 * x) };
    for (const { worstRelativeError } of check({ atOnce: 25, mathematics: wrong })) {
      expect(worstRelativeError).toBeGreaterThan(10 * tolerance);
    }
  });
});
