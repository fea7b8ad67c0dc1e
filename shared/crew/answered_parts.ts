// Stretches that have been answered, as the lead's replica asks for them; what has not been is the replica's own.

import type { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/kernels.ts';
import type { OtherParts } from '../engine/other_parts.ts';
import type { AnsweredStretch } from './mate_by_post.ts';

interface AnsweredPart {
  readonly units: number;
  readonly sums: readonly number[];
  readonly vector: ArrayBuffer | undefined;
}

export class AnsweredParts implements OtherParts {
  readonly #engine: Engine;
  /** By the unit that each begins with. */
  readonly #parts = new Map<number, AnsweredPart>();
  /** Where they begin, from left to right. */
  readonly #firsts: readonly number[];

  constructor(engine: Engine, answers: readonly AnsweredStretch[]) {
    this.#engine = engine;
    for (const { stretch, sums, vectors } of answers) {
      for (const [index, { first, units }] of stretch.parts.entries()) {
        this.#parts.set(first, { units, sums: sums[index] ?? [], vector: vectors[index] });
      }
    }
    this.#firsts = [...this.#parts.keys()].sort((one, other) => one - other);
  }

  ownUnits(unit: number): number {
    const next = this.#firsts.find((first) => first >= unit);
    return next === undefined ? Number.POSITIVE_INFINITY : next - unit;
  }

  otherUnits(unit: number): number {
    return this.#parts.get(unit)?.units ?? 0;
  }

  take(unit: number, sums: Float64Array, gradient?: Pointer): void {
    const part = this.#parts.get(unit);
    if (part === undefined) throw new RangeError(`nobody else has computed unit ${unit}`);
    sums.set(part.sums);
    if (gradient === undefined || part.vector === undefined) return;
    this.#engine.bytes(gradient, part.vector.byteLength).set(new Uint8Array(part.vector));
  }
}
