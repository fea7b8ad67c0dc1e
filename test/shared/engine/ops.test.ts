// Every op's forward pass against its own plain loops, over random small shapes. Gradients: gradient_check.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../shared/data/samples.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { initializeParameters } from '../../../shared/engine/initialize.ts';
import { buildModel, type Model } from '../../../shared/engine/model.ts';
import { ModelMemory } from '../../../shared/engine/model_memory.ts';
import type { Padding, Strides } from '../../../shared/engine/ops/window.ts';
import { Plan } from '../../../shared/engine/plan.ts';
import { computeReference } from '../../../shared/engine/reference.ts';
import { elementsOf } from '../../../shared/engine/shape.ts';
import { GraphBuilder, type TensorName } from '../../../shared/model/builder.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';
import { bytesOf, mathematics } from './small_models.ts';

type Image = readonly [height: number, width: number, channels: number];

interface Inputs {
  readonly bytes: TensorName;
  readonly x: TensorName;
  readonly labels: TensorName;
  /** A label for each pixel. */
  readonly pixelLabels: TensorName;
}

/** Builds the op over `x` (or `bytes`) of an image's shape. */
type Build = (builder: GraphBuilder, inputs: Inputs, image: Image) => TensorName;

const classes = 7;

const normal = { kind: 'normal', standardDeviation: 1 } as const;

function flatten(builder: GraphBuilder, x: TensorName, image: Image): TensorName {
  return builder.reshape('flat', x, [elementsOf(image)]);
}

function product(builder: GraphBuilder, x: TensorName, image: Image): TensorName {
  const weight = builder.parameter('weight', [elementsOf(image), classes], normal);
  return builder.matmul('product', flatten(builder, x, image), weight);
}

function shifted(builder: GraphBuilder, x: TensorName, channels: number): TensorName {
  return builder.bias('shifted', x, builder.parameter('offset', [channels], normal));
}

function convolution(kernel: readonly [number, number], stride: Strides, padding: Padding): Build {
  return (builder, { x }, [, , channels]) => {
    const filters = builder.parameter('filters', [...kernel, channels, 3], normal);
    return builder.node('convolved', 'conv2d', [x, filters], { stride, padding });
  };
}

function depthwise(kernel: readonly [number, number], stride: Strides, padding: Padding): Build {
  return (builder, { x }, [, , channels]) => {
    const filters = builder.parameter('filters', [...kernel, channels], normal);
    return builder.node('convolved', 'depthwiseConv2d', [x, filters], { stride, padding });
  };
}

function transposed(kernel: readonly [number, number], stride: number, padding: Padding): Build {
  return (builder, { x }, [, , channels]) => {
    const filters = builder.parameter('filters', [...kernel, 3, channels], normal);
    return builder.node('convolved', 'conv2dTranspose', [x, filters], { stride, padding });
  };
}

function grouped(groups: number): Build {
  return (builder, { x }, image) => {
    const channels = 2 * groups;
    const parameters = ['gain', 'moved'].map((name) => builder.parameter(name, [channels], normal));
    const widened = builder.matmul('widened', x, builder.parameter('widening', [image[2], channels], normal));
    return builder.node('normalized', 'groupNorm', [widened, ...parameters], { groups, epsilon: 1e-2 });
  };
}

function rectified(build: Build, channels: number): Build {
  return (builder, inputs, image) =>
    builder.activation('rectified', 'relu', shifted(builder, build(builder, inputs, image), channels));
}

/** Batch norm with running statistics that are not those of the samples. */
function normalized(builder: GraphBuilder, x: TensorName, channels: number): TensorName {
  const state = (name: string, initial: number) =>
    builder.node(name, 'state', [], {
      shape: [channels],
      initial,
      update: { kind: 'movingAverage', momentum: 0.1 },
    });
  const parameters = [builder.parameter('gain', [channels], normal), builder.parameter('moved', [channels], normal)];
  return builder.node('normalized', 'batchNorm', [x, ...parameters, state('mean', 0.3), state('variance', 2)]);
}

const ops: Readonly<Record<string, Build>> = {
  'scale of bytes': (builder, { bytes }) => builder.scale('scaled', bytes, 0.01, -1),
  'scale of f32': (builder, { x }) => builder.scale('scaled', x, -3, 0.5),
  reshape: (builder, { x }, image) => flatten(builder, x, image),
  bias: (builder, { x }, image) => shifted(builder, x, image[2]),
  relu: (builder, { x }) => builder.activation('y', 'relu', x),
  sigmoid: (builder, { x }) => builder.activation('y', 'sigmoid', builder.scale('wide', x, 20)),
  tanh: (builder, { x }) => builder.activation('y', 'tanh', builder.scale('wide', x, 5)),
  add: (builder, { x }) => builder.add('sum', x, builder.activation('y', 'tanh', x)),
  softmax: (builder, { x }, image) => builder.softmax('y', flatten(builder, builder.scale('wide', x, 9), image)),
  oneHot: (builder, { labels }) => builder.oneHot('y', labels, classes),
  matmul: (builder, { x }, image) => product(builder, x, image),
  'matmul of each pixel': (builder, { x }, [, , channels]) =>
    builder.matmul('product', x, builder.parameter('weight', [channels, classes], normal)),
  'softmax of each pixel': (builder, { x }) => builder.softmax('y', builder.scale('wide', x, 9)),
  'oneHot of each pixel': (builder, { pixelLabels }) => builder.oneHot('y', pixelLabels, classes),
  'matmul, bias': (builder, { x }, image) => shifted(builder, product(builder, x, image), classes),
  'matmul, bias, relu': rectified((builder, { x }, image) => product(builder, x, image), classes),
  'matmul, bias, relu with the sum before it used too': (builder, { x }, image) => {
    const sum = shifted(builder, product(builder, x, image), classes);
    return builder.add('y', builder.activation('rectified', 'relu', sum), sum);
  },
  'matmul, relu': (builder, { x }, image) => builder.activation('y', 'relu', product(builder, x, image)),
  'conv2d 1x1': convolution([1, 1], 1, 'valid'),
  'conv2d 3x2, same': convolution([3, 2], 1, 'same'),
  'conv2d 1x1, stride 2, same': convolution([1, 1], 2, 'same'),
  'conv2d 2x3, stride 2, same, bias, relu': rectified(convolution([2, 3], 2, 'same'), 3),
  'conv2d 3x3, stride 3, bias, relu': rectified(convolution([3, 3], 3, 'valid'), 3),
  'conv2d 3x2, stride 2, two zeros on each side': convolution([3, 2], 2, 2),
  'depthwiseConv2d 2x2': depthwise([2, 2], 1, 'valid'),
  'depthwiseConv2d 3x4, same': depthwise([3, 4], 1, 'same'),
  'depthwiseConv2d 3x3, stride 2, one zero on each side': depthwise([3, 3], 2, 1),
  'depthwiseConv2d 3x2, strides 2 and 1': depthwise([3, 2], [2, 1], 'same'),
  'conv2d 2x3, strides 1 and 2': convolution([2, 3], [1, 2], 'same'),
  'depthwiseConv2d, bias, relu': (builder, inputs, image) =>
    rectified(depthwise([2, 3], 1, 'same'), image[2])(builder, inputs, image),
  'conv2dTranspose 2x2, stride 2': transposed([2, 2], 2, 'valid'),
  'conv2dTranspose 3x4, stride 2, same': transposed([3, 4], 2, 'same'),
  'conv2dTranspose 1x1, stride 3, same': transposed([1, 1], 3, 'same'),
  'conv2dTranspose 4x3, stride 2, one pixel cut off': transposed([4, 3], 2, 1),
  'conv2dTranspose, bias, relu': rectified(transposed([3, 3], 1, 'same'), 3),
  'upsample 3, nearest': (builder, { x }) => builder.node('y', 'upsample', [x], { factor: 3 }),
  'upsample 2, bilinear': (builder, { x }) => builder.node('y', 'upsample', [x], { factor: 2, method: 'bilinear' }),
  'upsample 3, bilinear': (builder, { x }) => builder.node('y', 'upsample', [x], { factor: 3, method: 'bilinear' }),
  'groupNorm of 1': grouped(1),
  'groupNorm of 3': grouped(3),
  'maxPool 3, stride 2, one cell on each side': (builder, { x }) =>
    builder.maxPool('y', x, { size: 3, stride: 2, padding: 1 }),
  'maxPool 2': (builder, { x }) => builder.maxPool('y', x, { size: 2 }),
  'maxPool 3, stride 2, same': (builder, { x }) => builder.maxPool('y', x, { size: 3, stride: 2, padding: 'same' }),
  globalAveragePool: (builder, { x }) => builder.node('y', 'globalAveragePool', [x]),
  batchNorm: (builder, { x }, [, , channels]) => normalized(builder, x, channels),
  'batchNorm, relu': (builder, { x }, [, , channels]) =>
    builder.activation('rectified', 'relu', normalized(builder, x, channels)),
  'averagePool 2': (builder, { x }) => builder.averagePool('y', x, { size: 2 }),
  'averagePool 3, stride 1, same': (builder, { x }) =>
    builder.averagePool('y', x, { size: 3, stride: 1, padding: 'same' }),
};

/** Predicts what `build` returns, beside both losses and the accuracy. */
function graphOf(build: Build, image: Image): Graph {
  const builder = new GraphBuilder();
  const bytes = builder.input({ name: 'bytes', type: 'u8', shape: image });
  const x = builder.input({ name: 'x', type: 'f32', shape: image });
  const labels = builder.input({ name: 'labels', type: 'u8', shape: [] });
  const pixelLabels = builder.input({ name: 'pixelLabels', type: 'i32', shape: image.slice(0, 2) });
  const prediction = build(builder, { bytes, x, labels, pixelLabels }, image);
  const logits = builder.reshape('logits', x, [elementsOf(image)]);
  const target = builder.bias('target', logits, builder.parameter('extra', [elementsOf(image)], normal));
  const pixelLogits = builder.matmul('pixelLogits', x, builder.parameter('pixelWeight', [image[2], classes], normal));
  const metrics = {
    crossEntropy: builder.softmaxCrossEntropy('crossEntropy', logits, labels),
    accuracy: builder.accuracy('accuracy', logits, labels),
    pixelCrossEntropy: builder.softmaxCrossEntropy('pixelCrossEntropy', pixelLogits, pixelLabels),
    pixelAccuracy: builder.accuracy('pixelAccuracy', pixelLogits, pixelLabels),
  };
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', logits, target), metrics, prediction });
}

function samplesOf(image: Image, count: number): Samples {
  const x = testValues(count * elementsOf(image), elementsOf(image));
  const labels = Uint8Array.from({ length: count }, (_, sample) => (3 * sample) % classes);
  // Two equal largest values: the first of them decides.
  x[1] = 2;
  x[0] = 2;
  const bytes = Uint8Array.from(x, (value) => Math.floor((value + 1) * 85));
  const pixelLabels = Int32Array.from({ length: count * image[0] * image[1] }, (_, pixel) => (5 * pixel) % classes);
  return { count, fields: [bytes, bytesOf(x), labels, new Uint8Array(pixelLabels.buffer)] };
}

/** What the engine computes for a purpose, and what the reference does. */
function compute(engine: Engine, model: Model, samples: Samples, mode: 'prediction' | 'evaluation') {
  const memory = new ModelMemory(engine, model, samples.count);
  const plan = new Plan({ engine, model, memory, mode, samples: samples.count, gradient: memory.parameters });
  initializeParameters(engine, model.layout.tensors, memory.parameters, 1);
  memory.inputs.stage(samples, 0, samples.count, plan.inputs);
  memory.inputs.select(0, samples.count, plan.inputs);
  plan.run();
  const sums = new Float64Array(1 + model.metrics.length);
  memory.readSums(sums);
  const flat = engine.float32(memory.parameters, model.layout.total);
  const parameters = model.layout.tensors.map(
    ({ name, offset, elements }) => [name, Float64Array.from(flat.subarray(offset, offset + elements))] as const,
  );
  const reference = computeReference({
    model,
    samples,
    parameters: new Map(parameters),
    mathematics,
    isTraining: false,
  });
  return { prediction: () => plan.prediction().slice(), sums, reference };
}

/** Equal up to the rounding of f32 sums. */
function expectClose(found: ArrayLike<number>, expected: ArrayLike<number> = []): void {
  expect(found).toHaveLength(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let index = 0; index < expected.length; index++) {
    const error = Math.abs((found[index] ?? Number.NaN) - (expected[index] ?? Number.NaN)) / scale;
    expect(error, `element ${index}: ${found[index]}, expected ${expected[index]}`).toBeLessThan(1e-5);
  }
}

const images = fc.tuple(
  fc.integer({ min: 3, max: 9 }),
  fc.integer({ min: 3, max: 9 }),
  fc.integer({ min: 1, max: 5 }),
) satisfies fc.Arbitrary<Image>;

const counts = fc.integer({ min: 1, max: 9 });

describe.each(profiles)('forward in the %s profile agrees with the reference', (profile) => {
  it.each(Object.entries(ops))('of %s', (_, build) => {
    fc.assert(
      fc.property(images, counts, (image, count) => {
        const model = buildModel(graphOf(build, image));
        const { prediction, reference } = compute(engines[profile], model, samplesOf(image, count), 'prediction');
        expectClose(prediction(), reference.values.get(model.prediction.name));
      }),
      { numRuns: 20 },
    );
  });

  it('of both losses and the accuracy, of samples and of pixels', () => {
    fc.assert(
      fc.property(images, counts, (image, count) => {
        const model = buildModel(graphOf((_, { x }) => x, image));
        const { sums, reference } = compute(engines[profile], model, samplesOf(image, count), 'evaluation');
        const sumOf = (name: string) => reference.values.get(name)?.[0] ?? Number.NaN;
        const metrics = model.metrics.map(({ name }) => sumOf(name));
        expect(metrics).toHaveLength(4);
        expectClose(sums, [reference.loss, ...metrics]);
      }),
      { numRuns: 40 },
    );
  });
});
