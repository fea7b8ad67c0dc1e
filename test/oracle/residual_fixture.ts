// The fixture that make_residual_fixture.py wrote: a residual network with batch norm, trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { Samples } from '../../shared/data/samples.ts';
import type { SgdSpecification } from '../../shared/engine/optimizers/sgd.ts';
import type { LayersOptions } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { bytes, floats } from './fixture.ts';

/** Tensors are base64 of little-endian values, in our layouts. */
interface ResidualFixtureFile extends LayersOptions {
  readonly layers: readonly Layer[];
  readonly optimizer: SgdSpecification;
  readonly batchSize: number;
  readonly initial: string;
  readonly batches: readonly { readonly features: string; readonly labels: string }[];
  readonly runs: readonly {
    readonly microbatchSize: number;
    readonly steps: readonly { readonly loss: number; readonly weights?: string }[];
    readonly prediction: string;
  }[];
}

/** A training with microbatches of one size. */
export interface ResidualRun {
  readonly microbatchSize: number;
  /** The mean loss before each step; parameters and running statistics after some of them, flat. */
  readonly steps: readonly { readonly loss: number; readonly weights: Float32Array | undefined }[];
  /** Logits of the first mini-batch after the last step, with the running statistics. */
  readonly prediction: Float32Array;
}

export interface ResidualFixture extends LayersOptions, Pick<ResidualFixtureFile, 'layers' | 'optimizer'> {
  /** Parameters and running statistics, flat. */
  readonly initial: Float32Array;
  /** Mini-batches, used in turn. */
  readonly batches: readonly Samples[];
  readonly runs: readonly ResidualRun[];
}

export async function readResidualFixture(): Promise<ResidualFixture> {
  const url = new URL('./fixtures/residual_batch_norm.json', import.meta.url);
  const file: ResidualFixtureFile = JSON.parse(await readFile(url, 'utf8'));
  return {
    ...file,
    initial: floats(file.initial),
    batches: file.batches.map(({ features, labels }) => ({
      count: file.batchSize,
      fields: [bytes(features), bytes(labels)],
    })),
    runs: file.runs.map(({ microbatchSize, steps, prediction }) => ({
      microbatchSize,
      steps: steps.map(({ loss, weights }) => ({ loss, weights: weights === undefined ? undefined : floats(weights) })),
      prediction: floats(prediction),
    })),
  };
}
