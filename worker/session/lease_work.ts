// The leases of one conversation: each is computed once its parameters are here, or waits for them, or is dropped.
//
// A lease is computed in the very call that delivers it (or its parameters), so nothing can change under it.

import type { Clock } from '../../shared/clock.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { maximumWaitingLeases } from '../../shared/protocol/limits.ts';
import type { Contribution, Lease, Parameters } from '../../shared/protocol/messages.ts';
import type { Computation } from './computation.ts';

/** Sends an answer; `vector` is valid until this returns. */
export type OnAnswer = (lease: Lease, contribution: Contribution, vector: Uint8Array) => void;

interface WaitingLease {
  readonly lease: Lease;
  readonly samples: Uint8Array;
}

export class LeaseWork {
  readonly #computation: Computation;
  readonly #clock: Clock;
  readonly #onAnswer: OnAnswer;
  /** Of the parameters held; −1 before the first. While some arrive, the decoder lets nothing else pass. */
  #step = -1;
  #waiting: WaitingLease[] = [];

  constructor(computation: Computation, clock: Clock, onAnswer: OnAnswer) {
    this.#computation = computation;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  /**
   * Where the parameters are to be written. From here on those held are gone: the new ones are written over them as they
   * arrive.
   * @throws {ProtocolError} if they are not the model's, or older than those held
   */
  placeParameters({ step }: Parameters, bytes: number): Uint8Array {
    const { parameterBytes } = this.#computation;
    if (bytes !== parameterBytes) {
      throw new ProtocolError('badMessage', `parameters of ${bytes} bytes: the graph has ${parameterBytes}`);
    }
    if (step < this.#step) {
      throw new ProtocolError('badMessage', `parameters of step ${step} after those of step ${this.#step}`);
    }
    this.#step = step;
    return this.#computation.parameterMemory();
  }

  /** The parameters have been written. */
  takeParameters(): void {
    this.#computation.parametersChanged();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { lease, samples } of waiting) this.takeLease(lease, samples);
  }

  /** @param samples are read before this returns */
  takeLease(lease: Lease, samples: Uint8Array): void {
    if (lease.parameters < this.#step) return; // The coordinator has moved on: the answer could help nobody.
    if (lease.parameters === this.#step) {
      this.#answer(lease, samples);
      return;
    }
    if (this.#waiting.length === maximumWaitingLeases) {
      throw new ProtocolError('badMessage', `more than ${maximumWaitingLeases} leases wait for their parameters`);
    }
    this.#waiting.push({ lease, samples: new Uint8Array(samples) });
  }

  #answer(lease: Lease, payload: Uint8Array): void {
    const start = this.#clock.now();
    const { payload: vector, lossSum, metricSums, samples } = this.#computation.compute(lease, payload);
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
