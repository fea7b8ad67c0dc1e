// The leases of one conversation: each is computed once its parameters are here, or waits for them, or is dropped.
//
// A lease is computed in the very call that delivers it (or its parameters), so nothing can change under it; where the answer
// is only promised, nothing more may come before it is there. How long that may last is bounded: time is looked at between
// passes over samples.

import type { Clock } from '../../shared/clock.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { maximumWaitingLeases } from '../../shared/protocol/limits.ts';
import type { Contribution, Frozen, Lease, Parameters } from '../../shared/protocol/messages.ts';
import type { Computation, ComputedAnswer, MissingWeights } from './computation.ts';
import { LimitExceeded, type WorkerLimits } from './limits.ts';

/** Sends an answer; `vector` is valid until this returns. */
export type OnAnswer = (lease: Lease, contribution: Contribution, vector: Uint8Array) => void;

export interface LeaseWorkOptions {
  readonly computation: Computation;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly onAnswer: OnAnswer;
  /** From `pause` to `resume` nothing may be handed to this object: an answer has been promised. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Called with what a promised answer has failed by. */
  readonly onError: (error: unknown) => void;
}

interface WaitingLease {
  readonly lease: Lease;
  readonly samples: Uint8Array;
}

export class LeaseWork {
  readonly #options: LeaseWorkOptions;
  readonly #computation: Computation;
  readonly #clock: Clock;
  readonly #limits: WorkerLimits;
  /** When the call under way must be over. */
  #deadline = 0;
  /** Frozen weights that have not come yet. */
  #missing: MissingWeights | undefined;
  /** Of the parameters held; −1 before the first. While some arrive, the decoder lets nothing else pass. */
  #step = -1;
  #waiting: WaitingLease[] = [];
  /** Of the samples of leases that wait. */
  #waitingBytes = 0;
  /** What has waited long enough, but for the answer that is promised. */
  readonly #due: WaitingLease[] = [];
  #isComputing = false;

  constructor(options: LeaseWorkOptions) {
    const { computation, clock, limits } = options;
    this.#options = options;
    this.#computation = computation;
    this.#missing = computation.missing;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Where weights are to be written. @throws {ProtocolError} if they are none that may come now */
  placeWeights(message: Frozen | Parameters, bytes: number): Uint8Array {
    return message.type === 'frozen' ? this.#placeFrozen(message, bytes) : this.#placeParameters(message, bytes);
  }

  /**
   * Weights have been written.
   * @throws {ProtocolError} if they are not what their digest says
   * @throws {LimitExceeded} if what waited for them takes too long, too much memory or too much arithmetic
   */
  takeWeights({ type }: Frozen | Parameters): void {
    if (type === 'parameters') {
      this.#takeParameters();
      return;
    }
    this.#missing?.written();
    this.#missing = undefined;
  }

  #placeFrozen({ digest }: Frozen, bytes: number): Uint8Array {
    const missing = this.#missing;
    if (missing === undefined) throw new ProtocolError('badMessage', 'message "frozen": nothing of it is missing');
    if (missing.digest !== digest || missing.bytes !== bytes) {
      const expected = `${missing.bytes} of ${missing.digest.slice(0, 12)}…`;
      throw new ProtocolError('badMessage', `frozen weights of ${bytes} bytes: expected ${expected}`);
    }
    return missing.memory();
  }

  /** From here on the parameters held are gone: the new ones are written over them as they arrive. */
  #placeParameters({ step }: Parameters, bytes: number): Uint8Array {
    const { parameterBytes } = this.#computation;
    if (this.#missing !== undefined) throw new ProtocolError('badMessage', 'parameters before the frozen weights');
    if (bytes !== parameterBytes) {
      throw new ProtocolError('badMessage', `parameters of ${bytes} bytes: the graph has ${parameterBytes}`);
    }
    if (step < this.#step) {
      throw new ProtocolError('badMessage', `parameters of step ${step} after those of step ${this.#step}`);
    }
    this.#step = step;
    return this.#computation.parameterMemory();
  }

  /** Computes what waited for them. */
  #takeParameters(): void {
    this.#computation.parametersChanged();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#begin();
    for (const { lease, samples } of waiting) this.#take(lease, samples);
  }

  /**
   * @param samples are read before this returns
   * @throws {LimitExceeded} as `takeWeights`, or if too much waits
   */
  takeLease(lease: Lease, samples: Uint8Array): void {
    this.#begin();
    this.#take(lease, samples);
  }

  #begin(): void {
    this.#deadline = this.#clock.now() + this.#limits.computingMilliseconds;
  }

  readonly #betweenPasses = (): void => {
    if (this.#clock.now() > this.#deadline) throw new LimitExceeded('computingMilliseconds', this.#limits);
  };

  #take(lease: Lease, samples: Uint8Array): void {
    if (lease.parameters < this.#step) return; // The coordinator has moved on: the answer could help nobody.
    if (lease.parameters > this.#step) this.#wait(lease, samples);
    else if (this.#isComputing) this.#due.push({ lease, samples });
    else this.#answer(lease, samples);
  }

  #wait(lease: Lease, samples: Uint8Array): void {
    if (this.#waiting.length === maximumWaitingLeases) {
      throw new ProtocolError('badMessage', `more than ${maximumWaitingLeases} leases wait for their parameters`);
    }
    if (this.#waitingBytes + samples.length > this.#limits.waitingBytes) {
      throw new LimitExceeded('waitingBytes', this.#limits);
    }
    this.#waitingBytes += samples.length;
    this.#waiting.push({ lease, samples: new Uint8Array(samples) });
  }

  #answer(lease: Lease, payload: Uint8Array): void {
    this.#betweenPasses();
    const start = this.#clock.now();
    const answer = this.#computation.compute(lease, payload, this.#betweenPasses);
    if (answer instanceof Promise) void this.#answerLater(lease, answer, start);
    else this.#send(lease, answer, start);
  }

  async #answerLater(lease: Lease, promised: Promise<ComputedAnswer>, start: number): Promise<void> {
    const { pause, resume, onError } = this.#options;
    this.#isComputing = true;
    pause();
    try {
      this.#send(lease, await promised, start);
      this.#isComputing = false;
      while (!this.#isComputing) {
        const next = this.#due.shift();
        if (next === undefined) break;
        this.#answer(next.lease, next.samples);
      }
      if (!this.#isComputing) resume();
    } catch (error) {
      onError(error);
    }
  }

  #send(lease: Lease, { payload, lossSum, metricSums, samples }: ComputedAnswer, start: number): void {
    if (samples !== lease.samples) {
      throw new ProtocolError('badMessage', `lease of ${lease.samples} samples holds ${samples}`);
    }
    const milliseconds = Math.max(0, this.#clock.now() - start);
    const { lease: id, work } = lease;
    this.#options.onAnswer(
      lease,
      { type: 'contribution', lease: id, work, samples, lossSum, metricSums, milliseconds },
      payload,
    );
  }
}
