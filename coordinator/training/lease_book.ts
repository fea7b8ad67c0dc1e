// The lease book of one task: its leases that are out, and what they leave of its units. Pure: the clock is an argument,
// nothing is sent here.
//
// Invariants: a unit is settled exactly once; a lease that is late stays acceptable until its units are settled by
// others; a lost lease's units are free again at once.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Lease, LeaseId } from './lease.ts';
import { TaskUnits } from './task_units.ts';

/** What became of an answer. */
export type Settlement =
  /** To be counted; with `replacesParts`, parts of its shard were counted before and are to be taken out again. */
  | { readonly outcome: 'accepted'; readonly replacesParts: boolean }
  /** Every unit of it was counted before. */
  | { readonly outcome: 'superseded' };

export class LeaseBook {
  readonly #units: TaskUnits;
  readonly #leases = new Map<LeaseId, Lease>();
  /** No open lease has an earlier deadline; the one that had it may be gone. */
  #earliestDeadline = Number.POSITIVE_INFINITY;

  constructor(units: number) {
    this.#units = new TaskUnits(units);
  }

  /** Whether every unit is settled. */
  get complete(): boolean {
    return this.#units.areDone;
  }

  /** Whether every unit of the shard is settled. */
  isDone(shard: Shard): boolean {
    return this.#units.areDoneOf(shard);
  }

  /** Units that nobody has. */
  get freeUnits(): number {
    return this.#units.free;
  }

  /** Leases still out, the overdue ones among them. */
  get outstanding(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** The moment to look for overdue leases again, in monotonic milliseconds; undefined if there can be none. */
  get nextDeadline(): number | undefined {
    return Number.isFinite(this.#earliestDeadline) ? this.#earliestDeadline : undefined;
  }

  /** See `TaskUnits.findFree`. */
  findFree(size: number, accept?: (unit: number) => boolean): Shard | undefined {
    return this.#units.findFree(size, accept);
  }

  /** Whether some lease is out whose answer is to be counted and still expected in time. */
  get isBusy(): boolean {
    for (const { state, isTrial } of this.#leases.values()) if (state === 'open' && !isTrial) return true;
    return false;
  }

  /** Whether the lease is one of this task that is out. */
  has({ id }: Lease): boolean {
    return this.#leases.has(id);
  }

  /** Lends a shard that `findFree` gave, or once more one that is out. */
  lend(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    this.#earliestDeadline = Math.min(this.#earliestDeadline, lease.deadline);
    if (!lease.isTrial) this.#units.cover(lease.work.shard);
  }

  /** Gives a lease that is still in time another deadline. */
  changeDeadline(lease: Lease, deadline: number): void {
    if (lease.state !== 'open') return;
    lease.deadline = deadline;
    this.#earliestDeadline = Math.min(this.#earliestDeadline, deadline);
  }

  /** Whether this lease alone is out for every unit of its shard, and none of them is done: nobody shadows it. */
  isAlone(lease: Lease): boolean {
    return !lease.isTrial && lease.state === 'open' && this.has(lease) && this.#units.areCoveredOnce(lease.work.shard);
  }

  /** The lease of which `isAlone` is true and whose answer is expected last. */
  get expectedLast(): Lease | undefined {
    let latest: Lease | undefined;
    for (const lease of this.#leases.values()) {
      if (!this.isAlone(lease)) continue;
      if (latest === undefined || lease.expectedAt > latest.expectedAt) latest = lease;
    }
    return latest;
  }

  /** The lease of the fewest units, of those whose answer is to be counted. */
  get smallest(): Lease | undefined {
    let smallest: Lease | undefined;
    for (const lease of this.#leases.values()) {
      if (lease.isTrial) continue;
      if (lease.work.shard.count < (smallest?.work.shard.count ?? Number.POSITIVE_INFINITY)) smallest = lease;
    }
    return smallest;
  }

  /** Takes the answer to a lease that is out. An accepted one settles its units; the caller then counts it once. */
  settle(lease: Lease): Settlement {
    const { shard } = lease.work;
    this.#close(lease);
    const doneBefore = this.#units.finish(shard);
    if (doneBefore === shard.count) return { outcome: 'superseded' };
    return { outcome: 'accepted', replacesParts: doneBefore > 0 };
  }

  /** Takes a lease back that will not be answered; its units are free unless another lease covers them. */
  withdraw(lease: Lease): void {
    if (this.has(lease)) this.#close(lease);
  }

  /** Marks the leases whose deadline has passed: their units may be lent again, their answers are still welcome. */
  expire(now: number): readonly Lease[] {
    if (now < this.#earliestDeadline) return [];
    const expired: Lease[] = [];
    this.#earliestDeadline = Number.POSITIVE_INFINITY;
    for (const lease of this.#leases.values()) {
      if (lease.state !== 'open') continue;
      if (lease.deadline <= now) expired.push(lease);
      else this.#earliestDeadline = Math.min(this.#earliestDeadline, lease.deadline);
    }
    for (const lease of expired) {
      lease.state = 'overdue';
      if (!lease.isTrial) this.#units.uncover(lease.work.shard);
    }
    return expired;
  }

  /** The task is over: what is out stays with the workers, who may still be computing it. */
  retire(): void {
    for (const lease of this.#leases.values()) lease.state = 'overtaken';
    this.#leases.clear();
  }

  #close(lease: Lease): void {
    this.#leases.delete(lease.id);
    if (lease.state === 'open' && !lease.isTrial) this.#units.uncover(lease.work.shard);
    lease.state = 'closed';
  }
}
