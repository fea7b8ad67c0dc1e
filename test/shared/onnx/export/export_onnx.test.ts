// What is written to ONNX means to ONNX Runtime what it means to the engine, op by op.

import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { builtInOps } from '../../../../shared/engine/op_registry.ts';
import { encodeOnnx } from '../../../../shared/onnx/encode_onnx.ts';
import { exportedOps, exportOnnx } from '../../../../shared/onnx/export/export_onnx.ts';
import { cases, convolutional, graphOf, row, simple, withParameters } from '../../export/op_cases.ts';
import { largestDifference, predict, runExported } from '../../export/predictions.ts';

describe('an exported op', () => {
  for (const [op, graphs] of Object.entries(cases)) {
    it.each([...graphs.entries()])(`${op}, case %i, gives what the engine gives`, async (_number, graph) => {
      const ours = predict(graph);
      const { values, shape } = await runExported(ours);
      expect(largestDifference(ours.outputs, values)).toBeLessThan(1e-5);
      expect(shape).toEqual([3, ...buildModel(graph).prediction.shape]);
    });
  }

  it('has a case in this file', () => {
    expect(Object.keys(cases).sort()).toEqual([...exportedOps].sort());
  });
});

describe('the ops that cannot be exported', () => {
  /** What stands for itself, and what is a sum: a loss or a metric, never part of a prediction. */
  const needless = new Set([
    'parameter',
    'state',
    'accuracy',
    'topAccuracy',
    'binaryAccuracy',
    'binaryCrossEntropy',
    'huber',
    'meanAbsoluteError',
    'meanSquaredError',
    'softmaxCrossEntropy',
    'sumOfSquaredErrors',
  ]);

  it('are none that a prediction could need', () => {
    const missing = [...builtInOps.keys()].filter((op) => !exportedOps.includes(op) && !needless.has(op));
    expect(missing).toEqual([]);
  });

  it('are named, with the node and what there is', () => {
    const graph = graphOf(row, simple('tanh'));
    const planted = {
      ...graph,
      nodes: graph.nodes.map((node) => (node.name === 'y' ? { ...node, op: 'relu6' } : node)),
    };
    expect(() => exportOnnx(planted, new Map(), { name: 'test' })).toThrow('node y');
  });
});

describe('an exported model', () => {
  it('transposes images only where they come in and where they are flattened', () => {
    const { weights } = predict(convolutional).model;
    const { graph } = exportOnnx(convolutional, weights, { name: 'test' });
    expect(graph.nodes.filter(({ opType }) => opType === 'Transpose')).toHaveLength(2);
  });

  it('of layers gives what the engine gives', async () => {
    const ours = predict(convolutional);
    expect(largestDifference(ours.outputs, (await runExported(ours)).values)).toBeLessThan(1e-5);
  });

  it('holds no labels, no loss and no weights that only those need', () => {
    const { graph } = exportOnnx(graphOf(row, simple('tanh')), new Map(), { name: 'test' });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(graph.initializers).toEqual([]);
  });

  it('leaves the number of samples open', async () => {
    const ours = predict(convolutional, { samples: 7 });
    expect((await runExported(ours)).values).toHaveLength(ours.outputs.length);
  });

  it('names a weight that is missing', () => {
    const graph = graphOf(row, withParameters('matmul', [[6, 4]]));
    expect(() => exportOnnx(graph, new Map(), { name: 'test' })).toThrow('tensor parameter0 is missing');
  });

  it('is read by another decoder of the format as it was written', () => {
    const { weights } = predict(convolutional).model;
    const model = exportOnnx(convolutional, weights, { name: 'test', metadata: { step: '12' } });
    const read = onnxProto.onnx.ModelProto.decode(encodeOnnx(model));
    expect(read.graph?.node?.map(({ opType }) => opType)).toEqual(model.graph.nodes.map(({ opType }) => opType));
    expect(read.metadataProps?.[0]).toMatchObject({ key: 'step', value: '12' });
    expect(read.graph?.initializer?.map(({ name }) => name)).toEqual(model.graph.initializers.map(({ name }) => name));
  });
});
