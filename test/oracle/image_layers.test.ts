// An outside oracle for layers of images: outputs, losses and gradients are PyTorch's.

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { engines, profiles } from '../shared/kernels/profiles.ts';
import { bytes, floats } from './fixture.ts';

/** Relative to the largest value of a tensor: a few roundings of f32 in a row. */
const tolerance = 3e-6;

/** What make_image_layers_fixture.py wrote; tensors are base64 of little-endian values, in our layouts. */
interface ImageLayersFixture {
  readonly samples: number;
  readonly image: readonly number[];
  readonly features: string;
  readonly cases: readonly {
    readonly layer: Layer;
    /** Of the output. */
    readonly shape: readonly number[];
    readonly weights: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly value: string;
      readonly gradient: string;
    }[];
    readonly target: string;
    readonly output: string;
    readonly loss: number;
  }[];
}

type Case = ImageLayersFixture['cases'][number];

const file = new URL('./fixtures/image_layers.json', import.meta.url);
const fixture: ImageLayersFixture = JSON.parse(await readFile(file, 'utf8'));

function differenceOf(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] ?? Number.NaN))), 0) / scale;
}

/** The largest differences from PyTorch, by what differs. */
function compare({ layer, shape, weights, target, output, loss }: Case, profile: NumericsProfile) {
  const engine = engines[profile];
  const first: Layer = { type: 'conv2d', filters: 6, kernelSize: 1, bias: false };
  const graph = graphFromLayers([first, layer], {
    features: { name: 'features', type: 'f32', shape: fixture.image },
    labels: { name: 'targets', type: 'f32', shape },
    loss: 'sum-of-squared-errors',
  });
  const replica = Replica.create(engine, graph, { microbatchSize: fixture.samples });
  const tensors = replica.layout.tensors;
  expect(tensors.map(({ name, shape: own }) => ({ name, shape: own }))).toEqual(
    weights.map(({ name, shape: own }) => ({ name, shape: own })),
  );
  replica.setParameters(Float32Array.from(weights.flatMap(({ value }) => [...floats(value)])));
  const samples = { count: fixture.samples, fields: [bytes(fixture.features), bytes(target)] };
  const predicted = replica.predict(samples);
  const { gradient, lossSum } = replica.computeShard(samples);
  const flat = engine.float32(gradient, replica.parameterCount);
  return {
    output: differenceOf(predicted, floats(output)),
    loss: Math.abs(lossSum - loss) / loss,
    ...Object.fromEntries(
      tensors.map(({ name, offset, elements }, index) => [
        name,
        differenceOf(flat.slice(offset, offset + elements), floats(weights[index]?.gradient ?? '')),
      ]),
    ),
  };
}

describe.each(profiles)('in the %s profile', (profile) => {
  it.each(fixture.cases.map((each) => [JSON.stringify(each.layer), each] as const))(
    '%s is PyTorch’s',
    (_name, each) => {
      for (const [what, difference] of Object.entries(compare(each, profile))) {
        expect(difference, what).toBeLessThan(tolerance);
      }
    },
  );
});
