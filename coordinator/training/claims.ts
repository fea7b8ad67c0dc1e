// What strangers have answered to work of which one answer is not enough: it counts once two that are unrelated agree. Pure.

import type { WorkerId } from './lease.ts';
import type { Answer, Task } from './task.ts';
import type { WorkerRecord } from './worker_registry.ts';

/** One stranger's answer, which nobody has confirmed yet. */
export interface Claim {
  readonly worker: WorkerId;
  readonly source: string;
  readonly answer: Answer;
}

type Claimant = Pick<WorkerRecord, 'id' | 'source' | 'standing'>;

export class Claims {
  readonly #byUnit = new Map<number, Claim[]>();

  of(unit: number): readonly Claim[] {
    return this.#byUnit.get(unit) ?? [];
  }

  /** Whether an answer of this worker could settle the unit: it is trusted, or unrelated to all who have answered. */
  areOpenTo({ source, standing }: Claimant, unit: number): boolean {
    return standing === 'trusted' || this.of(unit).every((claim) => claim.source !== source);
  }

  /**
   * Which units the worker can help with; undefined for all.
   * @param areUnrelated whether there are strangers of different sources, who can confirm each other
   */
  unitsOpenTo(
    worker: Claimant,
    needsTwo: Task['needsTwo'],
    areUnrelated: boolean,
  ): ((unit: number) => boolean) | undefined {
    if (needsTwo === undefined || worker.standing === 'trusted') return undefined;
    return (unit) => !needsTwo(unit) || (areUnrelated && this.areOpenTo(worker, unit));
  }

  /** Takes an answer in. @returns whether an unrelated worker has given the same before */
  confirm({ id, source }: Claimant, unit: number, answer: Answer): boolean {
    const earlier = this.of(unit);
    if (earlier.some((claim) => claim.source !== source && claim.answer.digest === answer.digest)) return true;
    this.#byUnit.set(unit, [...earlier, { worker: id, source, answer }]);
    return false;
  }

  /** Forgets what was answered to a unit that is settled. */
  settle(unit: number): void {
    this.#byUnit.delete(unit);
  }

  /** Forgets what a worker has answered that is gone. */
  dropOf(worker: WorkerId): void {
    for (const [unit, claims] of this.#byUnit) {
      const others = claims.filter((claim) => claim.worker !== worker);
      if (others.length === 0) this.#byUnit.delete(unit);
      else this.#byUnit.set(unit, others);
    }
  }
}
