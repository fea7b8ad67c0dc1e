// What mates compute of the work under way, as the lead's replica asks for it.

import type { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/kernels.ts';
import type { OtherParts } from '../engine/other_parts.ts';
import type { BetweenPasses } from '../engine/replica.ts';
import type { LeadMate } from './lead_mate.ts';

export class LentParts implements OtherParts {
  readonly #engine: Engine;
  /** Those with a loan, their stretches from left to right. */
  readonly #mates: LeadMate[] = [];
  /** All of the engine's memory; made anew when that has grown. */
  #memory: Float32Array;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#memory = new Float32Array(engine.memory.buffer);
  }

  /** A mate has been lent the next stretch. */
  add(mate: LeadMate): void {
    this.#mates.push(mate);
  }

  /** The work is done, or will not be. */
  end(): void {
    for (let index = 0; index < this.#mates.length; index++) this.#mates[index]?.callOff();
    this.#mates.length = 0;
  }

  ownUnits(unit: number): number {
    for (let index = 0; index < this.#mates.length; index++) {
      const stretch = this.#mates[index]?.stretch;
      if (stretch === undefined || stretch.first + stretch.units <= unit) continue;
      return Math.max(0, stretch.first - unit);
    }
    return Number.POSITIVE_INFINITY;
  }

  otherUnits(unit: number, betweenPasses?: BetweenPasses): number {
    const mate = this.#mateAt(unit);
    return mate?.awaitPart(unit, betweenPasses) === true ? mate.unitsAt(unit) : 0;
  }

  take(unit: number, sums: Float64Array, gradient?: Pointer): void {
    const mate = this.#mateAt(unit);
    const [theirSums, theirGradient] = [mate?.sumsAt(unit), mate?.gradientAt(unit)];
    if (theirSums === undefined) throw new RangeError(`nobody else has computed unit ${unit}`);
    sums.set(theirSums);
    if (gradient === undefined || theirGradient === undefined) return;
    if (this.#memory.length === 0) this.#memory = new Float32Array(this.#engine.memory.buffer);
    this.#memory.set(theirGradient, gradient / Float32Array.BYTES_PER_ELEMENT);
  }

  #mateAt(unit: number): LeadMate | undefined {
    for (let index = 0; index < this.#mates.length; index++) {
      const mate = this.#mates[index];
      const stretch = mate?.stretch;
      if (stretch !== undefined && stretch.first <= unit && unit < stretch.first + stretch.units) return mate;
    }
    return undefined;
  }
}
