// The fixture that make_recurrent_fixture.py wrote: a recurrent model of language, trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { Samples } from '../../shared/data/samples.ts';
import type { OptimizerSpecification } from '../../shared/engine/optimizers/optimizer_registry.ts';
import type { LayersOptions } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { bytes, floats } from './fixture.ts';

/** Tensors are base64 of little-endian values, in our layouts. */
interface RecurrentFixtureFile extends LayersOptions {
  readonly layers: readonly Layer[];
  readonly optimizer: Extract<OptimizerSpecification, { readonly kind: 'rms-prop' }>;
  readonly batchSize: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly initial: string;
  readonly batches: readonly { readonly features: string; readonly labels: string }[];
  readonly steps: readonly { readonly loss: number; readonly weights?: string }[];
  readonly prediction: string;
}

export interface RecurrentFixture
  extends LayersOptions,
    Pick<RecurrentFixtureFile, 'layers' | 'optimizer' | 'tensors'> {
  /** All parameters, flat. */
  readonly initial: Float32Array;
  /** Mini-batches, used in turn. */
  readonly batches: readonly Samples[];
  /** The mean loss before each step, and all weights after some of them, flat. */
  readonly steps: readonly { readonly loss: number; readonly weights: Float32Array | undefined }[];
  /** Logits of the first mini-batch after the last step. */
  readonly prediction: Float32Array;
}

export async function readRecurrentFixture(): Promise<RecurrentFixture> {
  const url = new URL('./fixtures/recurrent.json', import.meta.url);
  const file: RecurrentFixtureFile = JSON.parse(await readFile(url, 'utf8'));
  return {
    ...file,
    initial: floats(file.initial),
    batches: file.batches.map(({ features, labels }) => ({
      count: file.batchSize,
      fields: [bytes(features), bytes(labels)],
    })),
    steps: file.steps.map(({ loss, weights }) => ({
      loss,
      weights: weights === undefined ? undefined : floats(weights),
    })),
    prediction: floats(file.prediction),
  };
}
