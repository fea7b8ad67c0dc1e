// Counts which training samples an epoch's contributions were about: shown at its end, so that anyone sees that every
// sample was used exactly once (with shuffled batches), whatever the workers did. Pure.

import type { Shard } from '../../shared/reduction/shard.ts';

export interface SampleCountResult {
  readonly samples: number;
  readonly distinct: number;
  readonly everySampleOnce: boolean;
}

export class SampleCount {
  readonly #seen: Uint8Array;
  readonly #indicesOf: (step: number, shard: Shard) => Uint32Array;
  #samples = 0;
  #distinct = 0;

  /** @param indicesOf the samples of a shard of the mini-batch of a step, as positions in the training set. */
  constructor(trainingSamples: number, indicesOf: (step: number, shard: Shard) => Uint32Array) {
    this.#seen = new Uint8Array(trainingSamples);
    this.#indicesOf = indicesOf;
  }

  /** Counts the shards of the mini-batch that belongs to the parameters of `step`. */
  add(step: number, shards: readonly Shard[]): void {
    for (const shard of shards) {
      for (const index of this.#indicesOf(step, shard)) {
        if (this.#seen[index] === 0) this.#distinct += 1;
        this.#seen[index] = 1;
        this.#samples += 1;
      }
    }
  }

  /** The result of the epoch; the next one begins. */
  finish(): SampleCountResult {
    const [samples, distinct, all] = [this.#samples, this.#distinct, this.#seen.length];
    this.#seen.fill(0);
    this.#samples = 0;
    this.#distinct = 0;
    return { samples, distinct, everySampleOnce: samples === all && distinct === all };
  }
}
