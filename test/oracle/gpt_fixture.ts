// The fixture that make_gpt_fixture.py wrote: small GPTs trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { Samples } from '../../shared/data/samples.ts';
import type { OptimizerSpecification } from '../../shared/engine/optimizers/optimizer_registry.ts';
import type { LayersOptions } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { bytes, floats } from './fixture.ts';

/** Tensors are base64 of little-endian values, in our layouts. */
interface GptFixtureFile extends LayersOptions {
  readonly layers: readonly Layer[];
  readonly optimizer: OptimizerSpecification;
  readonly batchSize: number;
  readonly initial: string;
  readonly batches: readonly { readonly tokens: string; readonly next: string }[];
  readonly steps: readonly { readonly loss: number; readonly weights?: string }[];
}

export interface GptFixture extends LayersOptions, Pick<GptFixtureFile, 'layers' | 'optimizer'> {
  /** Parameters, flat. */
  readonly initial: Float32Array;
  /** Mini-batches, used in turn. */
  readonly batches: readonly Samples[];
  /** The mean loss before each step; all weights after some of them, flat. */
  readonly steps: readonly { readonly loss: number; readonly weights: Float32Array | undefined }[];
}

/** `learned`: layer norm, learned positions, a tied table, SGD. `rotary`: RMS norm, rotary positions, shared keys, AdamW. */
export type GptName = 'learned' | 'rotary';

export async function readGptFixture(name: GptName): Promise<GptFixture> {
  const text = await readFile(new URL('./fixtures/gpt.json', import.meta.url), 'utf8');
  const file = (JSON.parse(text) as Record<GptName, GptFixtureFile>)[name];
  return {
    ...file,
    initial: floats(file.initial),
    batches: file.batches.map(({ tokens, next }) => ({ count: file.batchSize, fields: [bytes(tokens), bytes(next)] })),
    steps: file.steps.map(({ loss, weights }) => ({
      loss,
      weights: weights === undefined ? undefined : floats(weights),
    })),
  };
}
