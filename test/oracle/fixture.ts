// The fixtures that make_fixtures.py wrote: models trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { Samples } from '../../shared/data/samples.ts';
import type { SgdSpecification } from '../../shared/engine/optimizers/sgd.ts';
import type { LayersOptions } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';

export const fixtureNames = ['mlp_nesterov', 'convolutions_momentum', 'regression_sigmoid'] as const;

export type FixtureName = (typeof fixtureNames)[number];

/** Tensors are base64 of little-endian values, in our layouts. */
interface FixtureFile extends LayersOptions {
  readonly description: string;
  readonly layers: readonly Layer[];
  readonly optimizer: SgdSpecification;
  readonly batchSize: number;
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly initial: string;
  }[];
  readonly batches: readonly { readonly features: string; readonly labels: string }[];
  readonly steps: readonly { readonly loss: number; readonly weights: string }[];
}

export interface FixtureTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Float32Array;
}

export interface Fixture extends Pick<FixtureFile, keyof LayersOptions | 'description' | 'layers' | 'optimizer'> {
  readonly parameters: readonly FixtureTensor[];
  /** Mini-batches, used in turn. */
  readonly batches: readonly Samples[];
  /** The mean loss before each step, and all weights after it, flat. */
  readonly steps: readonly { readonly loss: number; readonly weights: Float32Array }[];
}

export async function readFixture(name: FixtureName): Promise<Fixture> {
  const file: FixtureFile = JSON.parse(await readFile(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
  return {
    ...file,
    parameters: file.parameters.map(({ initial, ...tensor }) => ({ ...tensor, initial: floats(initial) })),
    batches: file.batches.map(({ features, labels }) => ({
      count: file.batchSize,
      fields: [bytes(features), bytes(labels)],
    })),
    steps: file.steps.map(({ loss, weights }) => ({ loss, weights: floats(weights) })),
  };
}

export function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

export function floats(base64: string): Float32Array {
  return new Float32Array(bytes(base64).buffer);
}
