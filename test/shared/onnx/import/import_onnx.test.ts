// A graph as PyTorch's exporter writes it: it predicts here what it does there, is trained, and goes back.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createOptimizer } from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import type { Loss } from '../../../../shared/model/losses/loss_registry.ts';
import { decodeOnnx } from '../../../../shared/onnx/decode_onnx.ts';
import { encodeOnnx } from '../../../../shared/onnx/encode_onnx.ts';
import { exportOnnx } from '../../../../shared/onnx/export/export_onnx.ts';
import { importedOperators, importOnnx } from '../../../../shared/onnx/import/import_onnx.ts';
import type { OnnxAttributes, OnnxModel } from '../../../../shared/onnx/onnx_model.ts';
import { largestDifference } from '../../export/predictions.ts';
import { engines } from '../../kernels/profiles.ts';
import { runOnnx } from '../onnxruntime.ts';
import { namedWeights, setWeights } from './imported.ts';

interface Fixture {
  readonly file: string;
  readonly shape: readonly number[];
  readonly classes: number;
  readonly samples: number;
  readonly inputs: string;
  readonly outputs: string;
}

const path = new URL('../../../oracle/fixtures/pytorch_exported.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
const bytesIn = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const outputs = new Float32Array(bytesIn(fixture.outputs).buffer);
const { samples } = fixture;

const features = { name: 'image', type: 'f32', shape: fixture.shape } as const;
const labels = { name: 'label', type: 'u8', shape: [], classes: fixture.classes } as const;

const model = decodeOnnx(bytesIn(fixture.file));
const { graph, weights } = importOnnx(model, { features, labels });

const images = bytesIn(fixture.inputs);
const batch = { count: samples, fields: [images, Uint8Array.of(3, 1, 0, 2, 1)] };

function imported(): Replica {
  const replica = Replica.create(engines.portable, graph, { microbatchSize: samples });
  setWeights(replica, weights);
  return replica;
}

describe('a graph of PyTorch’s exporter', () => {
  it('predicts here what it does there', () => {
    expect(largestDifference(outputs, imported().predict(batch))).toBeLessThan(1e-5);
  });

  it('is trained here and goes back', async () => {
    const replica = imported();
    const first = replica.evaluate(batch).lossSum;
    train(replica, 20);
    expect(replica.evaluate(batch).lossSum).toBeLessThan(first / 4);
    const file = encodeOnnx(exportOnnx(graph, namedWeights(replica), { name: 'trained' }));
    const values = new Float32Array(images.buffer);
    const theirs = await runOnnx(file, { image: { values, shape: [samples, ...fixture.shape] } });
    expect(largestDifference(replica.predict(batch), theirs.values)).toBeLessThan(1e-4);
  });

  it('keeps the names of its weights', () => {
    expect(weights.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['first.weight', 'norm.running_mean', 'last.bias']),
    );
  });
});

function train(replica: Replica, steps: number): void {
  const momentum = { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 } as const;
  const optimizer = createOptimizer(engines.portable, momentum, replica.layout.trainable);
  for (let step = 1; step <= steps; step++) {
    const { gradient } = replica.computeShard(batch, { step, firstSample: 0 });
    replica.update(optimizer, gradient, samples, momentum.learningRate, step);
  }
}

/** The model with its operators changed. */
function withOperators(change: (opType: string) => string): OnnxModel {
  const nodes = model.graph.nodes.map((node) => ({ ...node, opType: change(node.opType) }));
  return { ...model, graph: { ...model.graph, nodes } };
}

describe('importOnnx', () => {
  it('lists the operators without a counterpart, and how often they stand there', () => {
    const planted = withOperators((opType) => (opType === 'Relu' ? 'Celu' : opType === 'Tanh' ? 'Sinh' : opType));
    const given = () => importOnnx(planted, { features, labels });
    expect(given).toThrow(/^operators without a counterpart: Celu \(1\), Sinh \(1\); those with one are Add, /);
    expect(importedOperators).toContain('Conv');
  });

  it('names the operator whose form has none', () => {
    const nodes = model.graph.nodes.map((node) =>
      node.opType === 'MaxPool'
        ? { ...node, attributes: { ...node.attributes, dilations: { kind: 'ints', value: [2, 2] } as const } }
        : node,
    );
    const given = () => importOnnx({ ...model, graph: { ...model.graph, nodes } }, { features, labels });
    expect(given).toThrow(/^operator MaxPool \(.*\): dilated windows are not supported$/);
  });

  it('refuses data of another shape, or with another number of classes', () => {
    const wide = { ...features, shape: [8, 12, 1] };
    expect(() => importOnnx(model, { features: wide, labels })).toThrow(/^input images is /);
    const more = { ...labels, classes: 7 };
    expect(() => importOnnx(model, { features, labels: more })).toThrow('the model gives 4 values, but the data has 7');
  });

  it('is trained by the loss that is asked for, behind the last softmax where it takes logits', () => {
    const last = model.graph.outputs[0]?.name ?? '';
    const softmax = { opType: 'Softmax', name: 'last', inputs: [last], outputs: ['loss'], attributes: {} };
    const given = {
      ...model,
      graph: {
        ...model.graph,
        nodes: [...model.graph.nodes, softmax],
        outputs: model.graph.outputs.map((output) => ({ ...output, name: 'loss' })),
      },
    };
    const lossOf = (loss?: Loss) => {
      const { graph: imported } = importOnnx(given, { features, labels, ...(loss && { loss }) });
      // The model has an output of that name already.
      expect(imported).toMatchObject({ loss: 'loss.training2', prediction: 'loss' });
      return imported.nodes.find(({ name }) => name === imported.loss);
    };
    expect(lossOf()).toMatchObject({ op: 'softmaxCrossEntropy', inputs: [last, 'label'] });
    expect(lossOf('huber')).toMatchObject({ op: 'huber', inputs: ['loss', 'target'], attributes: { delta: 1 } });
  });

  it('keeps the loss that the file has, as PyTorch writes a module that takes labels and gives its cross-entropy', () => {
    const [scores] = model.graph.outputs;
    const attributes = {
      ignore_index: { kind: 'int', value: -100 },
      reduction: { kind: 'text', value: 'mean' },
    } as const;
    const withLoss = (of: OnnxAttributes, inputs = [scores?.name ?? '', 'y']): OnnxModel => {
      const loss = { opType: 'SoftmaxCrossEntropyLoss', name: 'l', inputs, outputs: ['loss'], attributes: of };
      const { graph: given } = model;
      return {
        ...model,
        graph: {
          ...given,
          nodes: [...given.nodes, loss],
          inputs: [...given.inputs, { name: 'y', type: 'i64', shape: ['n'] }],
          outputs: [{ name: 'loss', type: 'f32', shape: [] }],
        },
      };
    };
    // Whatever loss is asked for besides.
    const kept = importOnnx(withLoss(attributes), { features, labels, loss: 'huber' });
    expect(kept).toEqual({ graph, weights });
    const given = (of: OnnxAttributes, inputs?: string[]) => () =>
      importOnnx(withLoss(of, inputs), { features, labels });
    expect(given({ ...attributes, reduction: { kind: 'text', value: 'sum' } })).toThrow('reduction sum, expected mean');
    expect(given({ ...attributes, ignore_index: { kind: 'int', value: 0 } })).toThrow('labels that count nothing (0)');
    expect(given(attributes, [scores?.name ?? '', 'y', 'weights'])).toThrow('weights of classes are not supported');
    expect(given(attributes, [scores?.name ?? '', 'z'])).toThrow('its labels z are computed, expected an input');
  });

  it('takes pixels from 0 to 1 where they are stored as bytes', () => {
    const stored = importOnnx(model, { features: { ...features, type: 'u8' }, labels });
    expect(stored.graph.nodes[0]).toMatchObject({ op: 'scale', inputs: ['image'], attributes: { factor: 1 / 255 } });
  });
});

describe('decodeOnnx', () => {
  it('reads what was written', () => {
    expect(decodeOnnx(encodeOnnx(model))).toEqual(model);
  });

  it('refuses what is no model', () => {
    expect(() => decodeOnnx(Uint8Array.of())).toThrow('not an ONNX model: it has no graph');
    expect(() => decodeOnnx(Uint8Array.of(0x0a, 0xff))).toThrow('protobuf: a');
  });
});
