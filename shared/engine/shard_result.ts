// What a replica's computation gives.

import type { Pointer } from './kernels.ts';

/** Sums over the samples of a shard or an evaluation; reused by the next call. */
export interface SumsResult {
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
}

/** The answer to a training lease; valid until the replica's next call. */
export interface ShardResult extends SumsResult {
  /** The summed gradient, flat f32, `parameterCount` elements. */
  readonly gradient: Pointer;
}

/** A result that is written anew by each call, so that a step leaves nothing to collect. */
export class ReusedResult implements ShardResult {
  readonly gradient: Pointer;
  samples = 0;
  lossSum = 0;
  readonly metricSums: Record<string, number>;
  readonly #metrics: readonly string[];

  constructor(gradient: Pointer, metrics: readonly string[]) {
    this.gradient = gradient;
    this.#metrics = metrics;
    this.metricSums = Object.fromEntries(metrics.map((name) => [name, 0]));
  }

  /** @param sums of the loss, then of each metric */
  write(samples: number, sums: Float64Array): this {
    this.samples = samples;
    this.lossSum = sums[0] ?? Number.NaN;
    for (let index = 0; index < this.#metrics.length; index++) {
      const name = this.#metrics[index];
      if (name !== undefined) this.metricSums[name] = sums[index + 1] ?? Number.NaN;
    }
    return this;
  }
}
