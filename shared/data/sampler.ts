// Which samples a step trains on. Pure in (job, step): a resumed run asks for the same steps and gets the same samples.

import { permutation } from '../random/permutation.ts';
import { CounterDraws, purposes } from '../random/philox.ts';

/**
 * `shuffle`: each epoch is a permutation of the training set, cut into mini-batches; the last one may be smaller.
 * `random`: each step draws its samples at random from the whole set, with replacement, as textbooks do.
 */
export type Batching = 'shuffle' | 'random';

export interface SamplerOptions {
  readonly kind: Batching;
  /** Samples in the training set. */
  readonly samples: number;
  readonly batchSize: number;
  readonly seed: number;
}

export interface Sampler {
  /** Samples / batch size, rounded up. */
  readonly stepsPerEpoch: number;
  /** Samples in the mini-batch of a step, counted from 0 over the whole job. */
  readonly samplesInStep: (step: number) => number;
  /** Indices into the training set; a fresh array for each call. */
  readonly indices: (step: number) => Uint32Array;
}

export function createSampler(options: SamplerOptions): Sampler {
  requirePositive('samples', options.samples);
  requirePositive('batchSize', options.batchSize);
  switch (options.kind) {
    case 'shuffle':
      return shuffledBatches(options);
    case 'random':
      return randomBatches(options);
    default:
      throw new RangeError(`kind: unknown sampler ${String(options.kind satisfies never)}`);
  }
}

function shuffledBatches({ samples, batchSize, seed }: SamplerOptions): Sampler {
  const stepsPerEpoch = Math.ceil(samples / batchSize);
  // Of two epochs, at their parity: around the end of one both are asked for by turns.
  const cached: ({ readonly epoch: number; readonly order: Uint32Array } | undefined)[] = [undefined, undefined];

  function orderOf(epoch: number): Uint32Array {
    const known = cached[epoch % 2];
    if (known?.epoch === epoch) return known.order;
    const order = permutation(samples, seed, epoch);
    cached[epoch % 2] = { epoch, order };
    return order;
  }

  return {
    stepsPerEpoch,
    samplesInStep: (step) => Math.min(batchSize, samples - (step % stepsPerEpoch) * batchSize),
    indices: (step) => {
      const first = (step % stepsPerEpoch) * batchSize;
      return orderOf(Math.floor(step / stepsPerEpoch)).slice(first, first + batchSize);
    },
  };
}

function randomBatches({ samples, batchSize, seed }: SamplerOptions): Sampler {
  return {
    stepsPerEpoch: Math.ceil(samples / batchSize),
    samplesInStep: () => batchSize,
    indices: (step) => {
      const draws = new CounterDraws(seed, purposes.draw, step);
      const chosen = new Uint32Array(batchSize);
      for (let position = 0; position < batchSize; position++) chosen[position] = draws.below(samples, position);
      return chosen;
    },
  };
}

function requirePositive(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name}: expected a whole number above 0, found ${value}`);
  }
}
