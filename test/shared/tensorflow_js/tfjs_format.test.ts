// What is written for TensorFlow.js means there what it means to the engine, op by op.

import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../shared/engine/model.ts';
import { exportedOps } from '../../../shared/onnx/export/export_onnx.ts';
import { tfjs, tfjsOps } from '../../../shared/tensorflow_js/tfjs_format.ts';
import { cases, convolutional, graphOf, image, row, simple, withParameters } from '../export/op_cases.ts';
import { largestDifference, predict } from '../export/predictions.ts';
import { runTensorflowJs } from './tensorflow_js.ts';

/** What no layer computes: the node is named, and what it would be. */
const refused: Readonly<Record<string, string>> = {
  'attention 2': 'node y: TensorFlow.js has no layer for attention with rotary positions',
  'gru 0': 'node y: TensorFlow.js has no layer for gru',
  'upsample 1': 'node y: TensorFlow.js has no layer for upsample by the method bilinear',
};

const named = Object.entries(cases).flatMap(([op, graphs]) =>
  graphs.map((graph, number) => ({ name: `${op} ${number}`, graph })),
);

describe('an op written for TensorFlow.js', () => {
  it.each(named.filter(({ name }) => refused[name] === undefined))(
    'gives what the engine gives: $name',
    async ({ graph }) => {
      const ours = predict(graph);
      const { values, shape } = await runTensorflowJs(ours);
      expect(largestDifference(ours.outputs, values)).toBeLessThan(1e-5);
      expect(shape).toEqual([3, ...buildModel(graph).prediction.shape]);
    },
  );

  it.each(named.filter(({ name }) => refused[name] !== undefined))('is refused: $name', ({ name, graph }) => {
    expect(() => tfjs.write(predict(graph).model, 'model')).toThrow(refused[name]);
  });

  it('is every op that can be written to ONNX, but for gru', () => {
    expect(tfjsOps).toEqual(exportedOps.filter((op) => op !== 'gru'));
  });
});

describe('a model written for TensorFlow.js', () => {
  it('has its zeros where a window states them by number', async () => {
    for (const op of ['maxPool', 'averagePool']) {
      const ours = predict(graphOf(image, simple(op, { size: 3, stride: 2, padding: 1 })));
      expect(largestDifference(ours.outputs, (await runTensorflowJs(ours)).values)).toBeLessThan(1e-5);
    }
  });

  it('adds and multiplies parameters of any shape that broadcasts', async () => {
    for (const op of ['add', 'multiply']) {
      for (const shape of [[3], [5, 3], [7, 1, 1], [7, 5, 3], [1]]) {
        const ours = predict(graphOf(image, withParameters(op, [shape])));
        expect(largestDifference(ours.outputs, (await runTensorflowJs(ours)).values)).toBeLessThan(1e-5);
      }
    }
  });

  it('of layers gives what the engine gives, with a layer for each convolution and its bias', async () => {
    const ours = predict(convolutional);
    expect(largestDifference(ours.outputs, (await runTensorflowJs(ours)).values)).toBeLessThan(1e-5);
    const [json] = tfjs.write(ours.model, 'model');
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json?.bytes));
    expect(weightsManifest).toEqual([
      {
        paths: ['model.weights.bin'],
        weights: [
          { name: 'first/kernel', shape: [3, 3, 3, 4], dtype: 'float32' },
          { name: 'first/bias', shape: [4], dtype: 'float32' },
          { name: 'second/kernel', shape: [3, 3, 4, 4], dtype: 'float32' },
          { name: 'second/bias', shape: [4], dtype: 'float32' },
        ],
      },
    ]);
  });

  it('may use a value twice in one layer, and again behind it', async () => {
    const graph = graphOf(row, (builder, x) => {
      const bent = builder.activation('bent', 'tanh', x);
      return builder.add('y', builder.node('square', 'multiply', [bent, bent]), bent);
    });
    const ours = predict(graph);
    expect(largestDifference(ours.outputs, (await runTensorflowJs(ours)).values)).toBeLessThan(1e-5);
  });

  it('names a weight that is missing', () => {
    const graph = graphOf(row, withParameters('matmul', [[6, 4]]));
    const model = { name: 'test', graph, weights: new Map(), metadata: {} };
    expect(() => tfjs.write(model, 'model')).toThrow('tensor parameter0 is missing');
  });
});
