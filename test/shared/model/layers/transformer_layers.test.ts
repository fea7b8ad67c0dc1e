// The layers of a transformer: what they append, whole models of them against numerical differentiation, and what they refuse.

import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import type { Graph } from '../../../../shared/engine/graph.ts';
import { createOptimizer } from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../../shared/model/layers/layer_registry.ts';
import {
  attention,
  dense,
  dropout,
  embedding,
  layerNorm,
  positionalEmbedding,
  rmsNorm,
  softmax,
  transformerBlock,
  unembedding,
} from '../../../../shared/model/layers/registered_layers.ts';
import { mathematics } from '../../engine/small_models.ts';
import { engines, profiles } from '../../kernels/profiles.ts';

const [positions, tokens] = [8, 11];

const wide = { kind: 'normal', standardDeviation: 0.4 } as const;

function languageGraph(layers: readonly Layer[], seed?: number): Graph {
  return graphFromLayers(layers, {
    features: { name: 'tokens', type: 'u8', shape: [positions], classes: tokens },
    labels: { name: 'next', type: 'u8', shape: [positions], classes: tokens },
    loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0 },
    ...(seed !== undefined && { seed }),
  });
}

/** Each sample counts upwards by a step of its own. */
function samplesOf(count: number) {
  const token = (sample: number, position: number) => (sample + position * (1 + (sample % 3))) % tokens;
  const bytes = (shift: number) =>
    Uint8Array.from({ length: count * positions }, (_, at) =>
      token(Math.floor(at / positions), (at % positions) + shift),
    );
  return { count, fields: [bytes(0), bytes(1)] };
}

const models: Readonly<Record<string, readonly Layer[]>> = {
  'layer norm, learned positions, a tied table': [
    embedding(6, { initializer: wide }),
    positionalEmbedding({ initializer: wide }),
    transformerBlock({ heads: 2, causal: true, initializer: wide }),
    layerNorm(),
    unembedding(),
  ],
  'RMS norm, rotary positions, shared keys, dropout': [
    embedding(8, { initializer: wide }),
    dropout(0.2),
    transformerBlock({
      ...{ heads: 4, keyValueHeads: 2, causal: true, rotary: { base: 100 } },
      ...{ norm: 'rmsNorm', factor: 2, dropout: 0.3, initializer: wide },
    }),
    rmsNorm(),
    dense(tokens, { perPosition: true, bias: false, initializer: wide }),
  ],
  'attention that sees everything': [
    embedding(6, { initializer: wide }),
    attention({ heads: 3, initializer: wide }),
    dense(tokens, { perPosition: true, initializer: wide }),
  ],
};

describe.each(Object.entries(models))('a model of %s', (_, layers) => {
  it.each(profiles)('has gradients that agree with numerical differentiation, in the %s profile', (profile) => {
    const given = { engine: engines[profile], graph: languageGraph(layers), samples: samplesOf(3) };
    const results = checkGradients({ ...given, seed: 3, mathematics, step: 1e-4, componentsPerTensor: 20 });
    for (const { name, compared, worstRelativeError } of results) {
      expect(compared, name).toBeGreaterThan(0);
      expect(worstRelativeError, name).toBeLessThan(2e-4);
    }
  });
});

it('a small transformer learns which token follows', () => {
  const layers = [
    embedding(16),
    positionalEmbedding(),
    transformerBlock({ heads: 2, causal: true }),
    transformerBlock({ heads: 2, causal: true }),
    layerNorm(),
    dense(tokens, { perPosition: true }),
  ];
  const replica = Replica.create(engines.portable, languageGraph(layers), { microbatchSize: 11 });
  replica.initialize(1);
  const optimizer = createOptimizer(
    engines.portable,
    { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, decoupled: true },
    replica.parameterCount,
  );
  const losses: number[] = [];
  for (let step = 1; step <= 150; step++) {
    const { gradient, lossSum } = replica.computeShard(samplesOf(33), { step, firstSample: 0 });
    losses.push(lossSum / 33);
    replica.update(optimizer, gradient, 33, 0.01, step);
  }
  expect(losses[0]).toBeGreaterThan(0.9 * Math.log(tokens));
  // The first position says nothing of the step, so it is the one where there is something left to guess.
  expect(losses.at(-1)).toBeLessThan(0.25);
});

describe('layers of a transformer', () => {
  it('name their parameters by block and part', () => {
    const [first] = Object.values(models);
    const names = languageGraph(first ?? [])
      .nodes.filter(({ op }) => op === 'parameter')
      .map(({ name }) => name);
    expect(names).toEqual([
      ...[
        'embedding1.table',
        'positionalEmbedding1.positions',
        'block1.attentionNorm.gain',
        'block1.attentionNorm.bias',
      ],
      ...['query', 'key', 'value', 'output'].flatMap((part) => [
        `block1.attention.${part}.weight`,
        `block1.attention.${part}.bias`,
      ]),
      ...['block1.perceptronNorm.gain', 'block1.perceptronNorm.bias'],
      ...['block1.up.weight', 'block1.up.bias', 'block1.down.weight', 'block1.down.bias'],
      ...['layerNorm1.gain', 'layerNorm1.bias'],
    ]);
  });

  it('draw every dropout’s masks from a stream of its own, by the job’s seed', () => {
    const layers = [
      embedding(6),
      dropout(0.5),
      transformerBlock({ heads: 2, dropout: 0.1 }),
      dense(tokens, { perPosition: true }),
    ];
    const drawn = languageGraph(layers, 42).nodes.filter(({ op }) => op === 'dropout');
    expect(drawn.map(({ attributes }) => attributes)).toEqual([
      { rate: 0.5, seed: 42, stream: 0 },
      { rate: 0.1, seed: 42, stream: 1 },
      { rate: 0.1, seed: 42, stream: 2 },
    ]);
  });

  it('give probabilities of each position', () => {
    const graph = languageGraph([embedding(tokens), softmax()]);
    const replica = Replica.create(engines.portable, graph, { microbatchSize: 2 });
    replica.initialize(1);
    const found = replica.predict(samplesOf(2));
    for (let row = 0; row < 2 * positions; row++) {
      expect(found.subarray(row * tokens, (row + 1) * tokens).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
    }
  });

  it.each<[string, readonly Layer[]]>([
    [
      'model.layers.1 (attention): expected [positions, width] with a width that 4 heads divide, found [8, 6]',
      [embedding(6), attention({ heads: 4 })],
    ],
    [
      'layer unembedding: there is no embedding embedding2 before it',
      [embedding(6), unembedding({ of: 'embedding2' })],
    ],
  ])('refuse what does not fit: %s', (message, layers) => {
    expect(() => languageGraph(layers)).toThrow(message);
  });

  it('ask how many ids there are where the data does not say', () => {
    const build = (entries?: number) =>
      graphFromLayers([embedding(4, entries === undefined ? {} : { entries }), dense(3)], {
        features: { name: 'words', type: 'u8', shape: [2] },
        labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
        loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0 },
      });
    expect(() => build()).toThrow('layer embedding: the data does not say how many token ids there are: state entries');
  });
});
