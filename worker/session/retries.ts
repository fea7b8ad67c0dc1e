// Whether and when a worker comes back after it has lost a coordinator. Time and chance are arguments.

import { backoff, backoffAsked } from './backoff.ts';
import type { Lost } from './conversation_end.ts';

export interface RetriesOptions {
  /** Milliseconds without a welcome after which to give up: 0 to try once, Infinity to try for ever. */
  readonly retryFor: number;
  /** Monotonic milliseconds. */
  readonly now: number;
}

export class Retries {
  readonly #retryFor: number;
  #lastContact: number;
  /** Attempts since the last welcome. */
  #attempts = 0;
  /** Conversations in a row that ended in a violation, or at a limit. */
  #offences = 0;

  constructor({ retryFor, now }: RetriesOptions) {
    this.#retryFor = retryFor;
    this.#lastContact = now;
  }

  /**
   * Milliseconds until the next attempt, or undefined to give up. Where nothing but a connection was lost, or the run was
   * stopped, the last attempt is at the end of the worker's patience; no other one comes sooner than it should.
   * @param random a number in [0, 1).
   */
  after(lost: Lost, now: number, random: number): number | undefined {
    this.#count(lost, now);
    const patience = this.#lastContact + this.#retryFor - now;
    if (patience <= 0) return undefined;
    const wait = this.#waitAfter(lost, random);
    if (wait <= patience) return wait;
    return lost.cause === 'connection' || lost.cause === 'stopped' ? patience : undefined;
  }

  #count({ cause, welcomed }: Lost, now: number): void {
    if (welcomed) {
      this.#attempts = 0;
      this.#lastContact = now;
    }
    if (isOffence(cause)) this.#offences += 1;
    else if (welcomed) this.#offences = 0;
  }

  #waitAfter({ cause, retryAfter }: Lost, random: number): number {
    if (isOffence(cause)) return backoff(this.#offences - 1, random, cause);
    const attempt = this.#attempts;
    this.#attempts += 1;
    return retryAfter === undefined
      ? backoff(attempt, random, cause)
      : backoffAsked(attempt, random, cause, retryAfter);
  }
}

function isOffence(cause: Lost['cause']): boolean {
  return cause === 'violation' || cause === 'limit';
}
