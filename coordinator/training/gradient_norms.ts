// How large gradients have been: one that is far larger than any before it is doubted before it is summed. Pure.

/** Gradients that must have been seen before any is doubted. */
const learnt = 16;

/** A gradient may be so many times the largest before it; a spike of an honest run is far less. */
const maximumGrowth = 16;

/** What is left of the largest after each gradient: what was long ago counts less. */
const memory = 0.999;

export class GradientNorms {
  #seen = 0;
  /** Of the norms per sample. */
  #largest = 0;

  /**
   * How many times larger than the largest so far a gradient is, by its norm per sample, if that is too much to be
   * believed at once; else undefined.
   */
  excess(norm: number, samples: number): number | undefined {
    if (this.#seen < learnt || this.#largest === 0) return undefined;
    const growth = norm / samples / this.#largest;
    return growth > maximumGrowth ? growth : undefined;
  }

  /** Takes in a gradient that is believed. */
  note(norm: number, samples: number): void {
    this.#seen += 1;
    this.#largest = Math.max(norm / samples, memory * this.#largest);
  }
}
