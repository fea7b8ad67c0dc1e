// Losses and metrics of numbers and of several labels: against their formulas in f64, PyTorch's gradients by
// differentiation, and at the edges.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import { type Graph, parseGraph } from '../../../../shared/engine/graph.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { computeReference } from '../../../../shared/engine/reference.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

/** Each with its formula for one element, before the mean over a sample. */
const losses = [
  ['meanSquaredError', {}, (y: number, t: number) => (y - t) ** 2],
  ['huber', {}, (y: number, t: number) => huberOf(y - t, 1)],
  ['huber', { delta: 0.3 }, (y: number, t: number) => huberOf(y - t, 0.3)],
  ['binaryCrossEntropy', {}, (y: number, t: number) => -t * Math.log(sigmoid(y)) - (1 - t) * Math.log(1 - sigmoid(y))],
] as const;

const metrics = [
  ['meanAbsoluteError', {}, (y: number, t: number) => Math.abs(y - t)],
  ['binaryAccuracy', {}, (y: number, t: number) => Number(y > 0 === t > 0.5)],
] as const;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function huberOf(error: number, delta: number): number {
  const size = Math.abs(error);
  return size <= delta ? 0.5 * error ** 2 : delta * (size - 0.5 * delta);
}

const sizes = fc.record({ count: fc.integer({ min: 1, max: 7 }), outputs: fc.integer({ min: 1, max: 9 }) });

function graphOf(op: string, attributes: Readonly<Record<string, unknown>>, outputs: number, isMetric = false): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [3] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [outputs] });
  const weight = builder.parameter('weight', [3, outputs], { kind: 'normal', standardDeviation: 2 });
  const prediction = builder.matmul('prediction', x, weight);
  const node = builder.node('measured', op, [prediction, target], attributes);
  if (!isMetric) return builder.finish({ loss: node, prediction });
  const loss = builder.sumOfSquaredErrors('loss', prediction, target);
  return builder.finish({ loss, metrics: { measured: node }, prediction });
}

function samplesOf(count: number, outputs: number) {
  const targets = testValues(count * outputs, 5).map((value) => 0.5 * (value + 1));
  return { count, fields: [bytesOf(testValues(count * 3, outputs)), bytesOf(targets)], targets };
}

describe.each(profiles)('in the %s profile', (profile) => {
  const engine = engines[profile];

  it.each([...losses, ...metrics])(
    '%s %j gives the mean of its formula over the elements of a sample',
    (op, attributes, f) => {
      fc.assert(
        fc.property(sizes, ({ count, outputs }) => {
          const isMetric = metrics.some(([name]) => name === op);
          const graph = graphOf(op, attributes, outputs, isMetric);
          const samples = samplesOf(count, outputs);
          const replica = Replica.create(engine, graph, { microbatchSize: count });
          replica.initialize(2);
          const predicted = replica.predict(samples);
          const expected = predicted.reduce((sum, y, at) => sum + f(y, samples.targets[at] ?? 0), 0) / outputs;
          for (const { lossSum, metricSums } of [replica.evaluate(samples), replica.computeShard(samples)]) {
            expect(metricSums.measured ?? lossSum).toBeCloseTo(expected, 5);
          }
          const weight = Float64Array.from(replica.readParameters());
          const { values } = computeReference({
            model: buildModel(graph),
            samples,
            parameters: new Map([['weight', weight]]),
            mathematics,
          });
          expect(values.get('measured')?.[0]).toBeCloseTo(expected, 4);
        }),
        { numRuns: 30 },
      );
    },
  );

  it.each(losses)('%s %j has gradients that agree with numerical differentiation', (op, attributes) => {
    fc.assert(
      fc.property(sizes, ({ count, outputs }) => {
        const graph = graphOf(op, attributes, outputs);
        const [result] = checkGradients({ engine, graph, samples: samplesOf(count, outputs), seed: 2, mathematics });
        expect(result?.worstRelativeError).toBeLessThan(1e-5);
      }),
      { numRuns: 20 },
    );
  });

  it('binary cross-entropy stays finite and exact for logits of any size', () => {
    const [sum, gradient] = [engine.allocate(8), engine.allocate(16)];
    const [logits, target] = [floats(engine, [3e38, -3e38, 40, -40]), floats(engine, [1, 0, 0, 1])];
    engine.kernels.binaryCrossEntropy(sum, gradient, logits, target, 4, 0.5);
    expect(engine.float64(sum, 1)[0]).toBe(40);
    expect([...engine.float32(gradient, 4)]).toEqual([0, 0, 0.5, -0.5]);
  });

  it('hands a NaN on', () => {
    const [sum, gradient] = [engine.allocate(8), engine.allocate(8)];
    const [output, target] = [floats(engine, [Number.NaN, 1]), floats(engine, [1, 1])];
    for (const run of [
      () => engine.kernels.squaredErrors(sum, gradient, output, target, 2, 1),
      () => engine.kernels.huber(sum, gradient, output, target, 2, 1, 1),
      () => engine.kernels.binaryCrossEntropy(sum, gradient, output, target, 2, 1),
    ]) {
      run();
      expect(engine.float64(sum, 1)[0]).toBeNaN();
      expect(engine.float32(gradient, 2)[0]).toBeNaN();
    }
  });
});

describe('a loss of targets', () => {
  it('refuses targets of another shape, and such as have parameters', () => {
    const graph = graphOf('huber', {}, 3);
    const [x] = graph.inputs;
    const narrow = { name: 'target', type: 'f32', shape: [2] } as const;
    if (x === undefined) throw new Error('the graph has an input');
    expect(() => buildModel(parseGraph({ ...graph, inputs: [x, narrow] }))).toThrow(
      'node measured (huber): expected targets [3], found [2]',
    );
    const nodes = graph.nodes.map((node) =>
      node.name === 'measured' ? { ...node, inputs: ['prediction', 'prediction'] } : node,
    );
    expect(() => Replica.create(engines.portable, { ...graph, nodes }, { microbatchSize: 1 })).toThrow(
      'node measured (huber): expected a target from the data, found prediction, which has parameters',
    );
  });
});
