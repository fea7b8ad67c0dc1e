// How fast a worker answers: what it was seen to need, told apart into a part per lease (link, queueing) and a part per
// sample (computation), with its spread. Deadlines follow the retransmission timer of TCP: the expected time plus four
// mean deviations, doubled in spread each time it was missed (V. Jacobson, "Congestion Avoidance and Control", SIGCOMM
// 1988, appendix A; P. Karn and C. Partridge, 1987).
//
// Pure. A pace decides who gets how much and how long to wait, never the result.

/** Weight of the newest measurement in the moving averages, where one was made in every task. */
const newestWeight = 0.25;

/** Of what a lease took, at least this part is put down to the computation, whatever the worker says. */
const minimumComputedPart = 0.01;

/** Relative spread of a pace that is known from others, or from a single answer. */
const initialDeviation = 1;

const maximumDeviation = 64;

/** Milliseconds beyond all measured spread: below it, a second lease costs more than it saves. */
const deadlineSlack = 50;

/** Milliseconds per lease and per sample. */
export interface Expectation {
  readonly latency: number;
  readonly perSample: number;
}

/** Milliseconds to be expected for a lease of so many samples. */
export function expectedTime({ latency, perSample }: Expectation, samples: number): number {
  return latency + perSample * samples;
}

export class Pace implements Expectation {
  #latency: number;
  #perSample: number;
  #deviation: number;

  private constructor(latency: number, perSample: number, deviation: number) {
    this.#latency = latency;
    this.#perSample = perSample;
    this.#deviation = deviation;
  }

  /** The pace seen in a first answer: of the `elapsed` milliseconds the worker says it computed for `computed`. */
  static ofFirst(samples: number, elapsed: number, computed: number): Pace {
    const measured = split(samples, elapsed, computed);
    return new Pace(measured.latency, measured.perSample, initialDeviation);
  }

  /** Milliseconds of a lease that do not depend on its size. */
  get latency(): number {
    return this.#latency;
  }

  /** Milliseconds a sample. */
  get perSample(): number {
    return this.#perSample;
  }

  /** @param unmeasured tasks in a row before it that brought no measurement: what is known has aged by as many. */
  record(samples: number, elapsed: number, computed: number, unmeasured = 0): void {
    const weight = 1 - (1 - newestWeight) ** (1 + unmeasured);
    const expected = expectedTime(this, samples);
    const measured = split(samples, elapsed, computed);
    const deviation = Math.min(maximumDeviation, Math.abs(elapsed - expected) / expected);
    this.#deviation = towards(this.#deviation, deviation, newestWeight);
    this.#latency = towards(this.#latency, measured.latency, weight);
    this.#perSample = towards(this.#perSample, measured.perSample, weight);
  }

  /** A deadline was missed: whatever is computed from now on gets more time. */
  recordMissed(): void {
    this.#deviation = Math.min(maximumDeviation, 2 * this.#deviation);
  }

  /** Milliseconds after which an answer is late. */
  patience(samples: number): number {
    return patience(expectedTime(this, samples), this.#deviation);
  }
}

/** Milliseconds after which the answer of a worker without a pace of its own is late. */
export function strangersPatience(expected: number): number {
  return patience(expected, initialDeviation);
}

function patience(expected: number, deviation: number): number {
  return expected * (1 + 4 * deviation) + deadlineSlack;
}

function split(samples: number, elapsed: number, computed: number): Expectation {
  const spent = Math.max(elapsed, 0.01);
  const computing = Math.min(spent, Math.max(computed, minimumComputedPart * spent));
  return { latency: spent - computing, perSample: computing / samples };
}

function towards(average: number, measured: number, weight: number): number {
  return average + weight * (measured - average);
}
