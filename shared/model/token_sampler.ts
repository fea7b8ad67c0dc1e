// Draws the next token from a model's logits: the same one on every machine, for the softmax is the engine's and the draws
// are by counter.

import type { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/kernels.ts';
import { InputError } from '../errors.ts';
import { CounterDraws, purposes } from '../random/philox.ts';

export interface Sampling {
  /** Logits are divided by it: below 1 the likely becomes likelier; 0 takes the likeliest always. */
  readonly temperature: number;
  /** Draws from the so many likeliest alone; from all, if left out. */
  readonly topK?: number;
  /** An integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

export class TokenSampler {
  readonly #engine: Engine;
  readonly #size: number;
  readonly #sampling: Sampling;
  readonly #logits: Pointer;
  readonly #probabilities: Pointer;
  readonly #draws: CounterDraws;

  /** @param size of the vocabulary */
  constructor(engine: Engine, size: number, sampling: Sampling) {
    this.#engine = engine;
    this.#size = size;
    this.#sampling = sampling;
    this.#logits = engine.allocate(4 * size);
    this.#probabilities = engine.allocate(4 * size);
    this.#draws = new CounterDraws(sampling.seed, purposes.generation, 0);
  }

  /**
   * The token drawn at a position of what is generated, counted from 0.
   * @throws {InputError} if the logits are not finite.
   */
  choose(logits: Float32Array, position: number): number {
    const { temperature, topK = this.#size } = this.#sampling;
    if (logits.some((logit) => !Number.isFinite(logit))) {
      throw new InputError('generate: the outputs of the model are not finite: its training diverged');
    }
    const ranked = rank(logits);
    if (temperature === 0 || topK === 1) return ranked[0] ?? 0;
    const candidates = this.#engine.float32(this.#logits, this.#size).fill(Number.NEGATIVE_INFINITY);
    const highest = logits[ranked[0] ?? 0] ?? 0;
    // Differences from the highest, so that no temperature makes them overflow upwards.
    for (const id of ranked.slice(0, topK)) candidates[id] = ((logits[id] ?? 0) - highest) / temperature;
    this.#engine.kernels.softmax(this.#probabilities, this.#logits, 1, this.#size);
    return this.#draw(ranked[0] ?? 0, this.#draws.uniform(position));
  }

  #draw(likeliest: number, uniform: number): number {
    const probabilities = this.#engine.float32(this.#probabilities, this.#size);
    let left = uniform * probabilities.reduce((sum, probability) => sum + probability, 0);
    for (let id = 0; id < this.#size; id++) {
      left -= probabilities[id] ?? 0;
      if (left < 0) return id;
    }
    // Rounding alone can lead here.
    return likeliest;
  }
}

/** Ids from the largest logit to the smallest, equals in their order. */
function rank(logits: Float32Array): Uint32Array {
  const ids = Uint32Array.from(logits, (_, id) => id);
  return ids.sort((one, other) => (logits[other] ?? 0) - (logits[one] ?? 0) || one - other);
}
