// Layers behind the tensors of a graph with branches.

import { expect, it } from 'vitest';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import { applyLayers } from '../../../shared/model/apply_layers.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { dense, dropout, relu, sigmoid } from '../../../shared/model/layers/registered_layers.ts';
import { bytesOf, mathematics } from '../engine/small_models.ts';
import { engines, testValues } from '../kernels/profiles.ts';

/** Two branches of one tensor, joined three ways. */
function branched() {
  const builder = new GraphBuilder();
  const features = builder.input({ name: 'features', type: 'f32', shape: [6] });
  const labels = builder.input({ name: 'labels', type: 'u8', shape: [] });
  const x = applyLayers(builder, features, [dense(5), sigmoid()]);
  const gate = applyLayers(builder, x, [dense(5), sigmoid()]);
  const other = applyLayers(builder, x, [dropout(0.5), dense(4), relu()], { seed: 9 });
  const joined = builder.concat('joined', [builder.add('sum', x, builder.multiply('gated', x, gate)), other]);
  const logits = applyLayers(builder, joined, [dense(3)]);
  return builder.finish({
    loss: builder.softmaxCrossEntropy('loss', logits, labels),
    metrics: { accuracy: builder.accuracy('accuracy', logits, labels) },
    prediction: logits,
  });
}

it('applies layers to any tensor, and numbers them through the graph', () => {
  const names = branched().nodes.map(({ name }) => name);
  expect(names.filter((name) => /^dense\d$/.test(name))).toEqual(['dense1', 'dense2', 'dense3', 'dense4']);
  expect(branched().nodes.find(({ op }) => op === 'dropout')?.attributes).toEqual({ rate: 0.5, seed: 9, stream: 0 });
});

it('makes a graph whose gradients agree with numerical differentiation', () => {
  const samples = { count: 5, fields: [bytesOf(testValues(30, 1)), Uint8Array.of(0, 1, 2, 1, 0)] };
  const graph = branched();
  for (const { name, worstRelativeError } of checkGradients({
    ...{ engine: engines.portable, graph, samples, mathematics },
    ...{ seed: 1, step: 1e-4 },
  })) {
    expect(worstRelativeError, name).toBeLessThan(2e-4);
  }
});

it('names the layer that does not fit', () => {
  const builder = new GraphBuilder();
  const features = builder.input({ name: 'features', type: 'u8', shape: [6] });
  expect(() => applyLayers(builder, features, [dense(5)])).toThrow(
    'layers.0 (dense): expected an f32 tensor of each sample (put a scale op behind stored bytes), found features: u8 [6]',
  );
});
