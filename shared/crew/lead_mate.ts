// A mate as its lead sees it: lends it a stretch, and waits for the answer, but not for ever.

import { packSamples, type Samples, sliceSamples } from '../data/samples.ts';
import type { GraphInput } from '../engine/graph.ts';
import type { BetweenPasses } from '../engine/replica.ts';
import { type Work, workKindNames } from '../work/work_kinds.ts';
import type { Stretch } from './cut.ts';
import { lastTask, type MateMemory, terms } from './mate_memory.ts';
import type { ModelCopy } from './model_copy.ts';

/** Work, of which stretches are lent. */
export interface CutWork {
  readonly work: Work;
  readonly samples: Samples;
  readonly inputs: readonly GraphInput[];
  readonly unitSamples: number;
}

/** Milliseconds that a lead looks for an answer before it sleeps until one comes. */
const spinMilliseconds = 0.5;

/** Milliseconds of one sleep: how often it is looked whether to go on. */
const sleepMilliseconds = 50;

/** Milliseconds that a mate may be late, beside as much time again as the lead needed for its own stretch. */
const patience = 3;

/**
 * Milliseconds that a mate rests that was late: where others use its core, the lead is quicker alone. Each time in a row
 * that it is late again it rests twice as long.
 */
const firstRest = 100;
const longestRest = 5_000;

/** Milliseconds after which a mate that was late has not only been slow. */
const lostAfter = 30_000;

/** What has become of a mate's loan. */
type LoanState = 'none' | 'open' | 'given up';

export class LeadMate {
  readonly #memory: MateMemory;
  readonly #now: () => number;
  #task = 0;
  #lentAt = 0;
  #state: LoanState = 'none';
  #hasAnswered = false;
  #restsUntil = 0;
  #nextRest = firstRest;
  #stretch: Stretch = { first: 0, units: 0, parts: [] };

  constructor(memory: MateMemory, now: () => number) {
    this.#memory = memory;
    this.#now = now;
  }

  /** Whether it can be lent something. */
  get isFree(): boolean {
    return this.#memory.isReady && this.#memory.isThrough(this.#task) && this.#now() >= this.#restsUntil;
  }

  /** Whether it has ever been through with a task, if too late. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Whether it has been busy for far too long with what was lent to it. */
  get isLost(): boolean {
    return !this.#memory.isThrough(this.#task) && this.#now() - this.#lentAt > lostAfter;
  }

  /** What it computes, or has computed, of the work that is under way; undefined if the lead must. */
  get stretch(): Stretch | undefined {
    return this.#state === 'open' ? this.#stretch : undefined;
  }

  /** Lends a stretch to a mate that is free. */
  lend({ work, samples, inputs, unitSamples }: CutWork, stretch: Stretch, model: ModelCopy): void {
    const memory = this.#memory;
    // Who is free is through with the one before.
    if (this.#task > 0) this.#hasAnswered = true;
    const first = stretch.first * unitSamples;
    const end = Math.min(samples.count, first + stretch.units * unitSamples);
    packSamples(sliceSamples(samples, inputs, first, end), memory.samples);
    memory.terms[terms.kind] = workKindNames.indexOf(work.kind);
    memory.terms[terms.step] = work.step;
    memory.terms[terms.first] = work.shard.first;
    memory.terms[terms.count] = work.shard.count;
    memory.terms[terms.parameters] = model.parametersVersion;
    memory.terms[terms.frozen] = model.frozenVersion;
    memory.terms[terms.samples] = end - first;
    memory.terms[terms.parts] = stretch.parts.length;
    for (const [index, part] of stretch.parts.entries()) memory.setPart(index, part.first, part.units);
    this.#stretch = stretch;
    this.#state = 'open';
    this.#task = this.#task === lastTask ? 1 : this.#task + 1;
    this.#lentAt = this.#now();
    memory.publish(this.#task);
  }

  /**
   * Waits until the part that begins with this unit is answered; gives the loan up if that takes too long, or failed.
   * @returns whether it is there
   */
  awaitPart(unit: number, betweenPasses?: BetweenPasses): boolean {
    const index = this.#indexOf(unit);
    const begunAt = this.#now();
    const giveUpAt = begunAt + (begunAt - this.#lentAt) + patience;
    for (let now = begunAt; ; now = this.#now()) {
      const { answered } = this.#memory;
      // Asked in this order: what is answered between the two is seen.
      const isThrough = this.#memory.isThrough(this.#task);
      if (this.#memory.partsOf(this.#task) > index) {
        this.#hasAnswered = true;
        this.#nextRest = firstRest;
        return true;
      }
      if (isThrough) break;
      if (now > giveUpAt) {
        this.#restFrom(now);
        break;
      }
      if (now - begunAt < spinMilliseconds) continue;
      betweenPasses?.();
      this.#memory.awaitMore(answered, Math.min(sleepMilliseconds, giveUpAt - now + 1));
    }
    this.callOff();
    return false;
  }

  #restFrom(now: number): void {
    this.#restsUntil = now + this.#nextRest;
    this.#nextRest = Math.min(longestRest, 2 * this.#nextRest);
  }

  /** Units of the part that begins with this one. */
  unitsAt(unit: number): number {
    return this.#stretch.parts[this.#indexOf(unit)]?.units ?? 0;
  }

  sumsAt(unit: number): Float64Array | undefined {
    return this.#memory.sums[this.#indexOf(unit)];
  }

  gradientAt(unit: number): Float32Array | undefined {
    return this.#memory.gradients[this.#indexOf(unit)];
  }

  /** Nothing more is wanted of the work under way. */
  callOff(): void {
    if (this.#state !== 'open') return;
    this.#state = 'given up';
    if (!this.#memory.isThrough(this.#task)) this.#memory.callOff(this.#task);
  }

  #indexOf(unit: number): number {
    const { parts } = this.#stretch;
    for (let index = 0; index < parts.length; index++) if (parts[index]?.first === unit) return index;
    return -1;
  }
}
