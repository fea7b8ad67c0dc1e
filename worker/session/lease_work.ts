// The leases of one conversation: each is computed once its parameters are here, or waits for them, or is dropped.
//
// A lease is computed in the very call that delivers it (or its parameters), so nothing can change under it. How long such
// a call may last is bounded: time is looked at between passes over samples.

import type { Clock } from '../../shared/clock.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { maximumWaitingLeases } from '../../shared/protocol/limits.ts';
import type { Contribution, Frozen, Lease, Parameters } from '../../shared/protocol/messages.ts';
import type { Computation, MissingWeights } from './computation.ts';
import { LimitExceeded, type WorkerLimits } from './limits.ts';

/** Sends an answer; `vector` is valid until this returns. */
export type OnAnswer = (lease: Lease, contribution: Contribution, vector: Uint8Array) => void;

export interface LeaseWorkOptions {
  readonly computation: Computation;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  readonly onAnswer: OnAnswer;
}

interface WaitingLease {
  readonly lease: Lease;
  readonly samples: Uint8Array;
}

export class LeaseWork {
  readonly #computation: Computation;
  readonly #clock: Clock;
  readonly #limits: WorkerLimits;
  readonly #onAnswer: OnAnswer;
  /** When the call under way must be over. */
  #deadline = 0;
  /** Frozen weights that have not come yet. */
  #missing: MissingWeights | undefined;
  /** Of the parameters held; −1 before the first. While some arrive, the decoder lets nothing else pass. */
  #step = -1;
  #waiting: WaitingLease[] = [];
  /** Of the samples of leases that wait. */
  #waitingBytes = 0;

  constructor({ computation, clock, limits, onAnswer }: LeaseWorkOptions) {
    this.#computation = computation;
    this.#missing = computation.missing;
    this.#clock = clock;
    this.#limits = limits;
    this.#onAnswer = onAnswer;
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
    if (lease.parameters === this.#step) this.#answer(lease, samples);
    else this.#wait(lease, samples);
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
    const { payload: vector, lossSum, metricSums, samples } = answer;
    if (samples !== lease.samples) {
      throw new ProtocolError('badMessage', `lease of ${lease.samples} samples holds ${samples}`);
    }
    const milliseconds = Math.max(0, this.#clock.now() - start);
    const { lease: id, work } = lease;
    this.#onAnswer(
      lease,
      { type: 'contribution', lease: id, work, samples, lossSum, metricSums, milliseconds },
      vector,
    );
  }
}
