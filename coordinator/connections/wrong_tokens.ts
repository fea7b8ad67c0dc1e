// Guesses: how long each wrong token waits for its refusal, the longer the more came from the same place, and how many may
// wait. Whoever goes away earlier has waited all the same: silence would tell him that he guessed wrong. Pure.

import { sourceOf } from './admission.ts';
import type { Limits } from './limits.ts';

export type WrongTokensLimits = Pick<Limits, 'wrongTokens' | 'wrongTokensPerAddress'>;

/** Milliseconds that the first wrong token of a source waits; each further one twice as long. */
const firstDelay = 1_000;

/** Milliseconds; a worker takes a coordinator for absent that answers no hello in 30 s. */
const longestDelay = 20_000;

/** Milliseconds without a wrong token after which a source begins anew. */
const forgetAfter = 600_000;

/** Sources that are remembered. */
const maximumSources = 10_000;

interface Guesser {
  readonly count: number;
  readonly last: number;
  /** When those that still wait will be refused. */
  readonly due: readonly number[];
}

export class WrongTokens {
  readonly #now: () => number;
  readonly #limits: WrongTokensLimits;
  /** By source, the one that was heard of last at the end. */
  readonly #guessers = new Map<string, Guesser>();
  /** When all that wait will be refused. */
  #due: number[] = [];

  constructor(now: () => number, limits: WrongTokensLimits) {
    this.#now = now;
    this.#limits = limits;
  }

  /** Whether so many wait from there, or of all with one of them from there, that no more is to be compared. */
  isCrowded(address: string): boolean {
    const waiting = this.#guesserAt(sourceOf(address))?.due.length ?? 0;
    return waiting >= this.#limits.wrongTokensPerAddress || (waiting > 0 && this.#isFull());
  }

  /** Counts a wrong token: milliseconds until it may be refused; undefined if none may wait, which means at once. */
  add(address: string): number | undefined {
    const now = this.#now();
    const source = sourceOf(address);
    const { count = 0, due = [] } = this.#guesserAt(source) ?? {};
    const delay = Math.min(firstDelay * 2 ** count, longestDelay);
    this.#guessers.delete(source);
    this.#guessers.set(source, { count: count + 1, last: now, due: [...due, now + delay] });
    if (this.#guessers.size > maximumSources) this.#forgetOldest();
    if (this.#isFull()) return undefined;
    this.#due.push(now + delay);
    return delay;
  }

  #guesserAt(source: string): Guesser | undefined {
    const now = this.#now();
    const known = this.#guessers.get(source);
    if (known === undefined || now - known.last >= forgetAfter) return undefined;
    return { ...known, due: known.due.filter((at) => at > now) };
  }

  #isFull(): boolean {
    const { wrongTokens } = this.#limits;
    if (this.#due.length < wrongTokens) return false;
    const now = this.#now();
    this.#due = this.#due.filter((at) => at > now);
    return this.#due.length >= wrongTokens;
  }

  #forgetOldest(): void {
    const [oldest] = this.#guessers.keys();
    if (oldest !== undefined) this.#guessers.delete(oldest);
  }
}
