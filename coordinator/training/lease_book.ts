// The lease book of one task (a step, or an evaluation): which of its units are free, lent to whom, or done.
//
// A unit is a microbatch of a step or a block of an evaluation. Pure: the clock is an argument, nothing is sent here.
// Invariants: a unit is settled exactly once; a lease that is late stays acceptable until its units are settled by
// others; a lost lease's units are free again at once.

import type { Shard } from '../../shared/protocol/messages.ts';

export type WorkerId = string & { readonly kind: 'worker id' };
export type LeaseId = number & { readonly kind: 'lease id' };

export interface LeaseRecord {
  readonly id: LeaseId;
  readonly worker: WorkerId;
  readonly shard: Shard;
  /** Monotonic milliseconds. */
  readonly lentAt: number;
  /** Monotonic milliseconds; after it the shard may be lent to somebody else as well. */
  readonly deadline: number;
}

/** What became of an answer. */
export type Settlement =
  /** To be counted; with `replacesParts`, parts of its shard were counted before and are to be taken out again. */
  | { readonly outcome: 'accepted'; readonly lease: LeaseRecord; readonly replacesParts: boolean }
  /** Every unit of it was counted before. */
  | { readonly outcome: 'superseded'; readonly lease: LeaseRecord }
  /** Never lent here. */
  | { readonly outcome: 'unknown' };

export class LeaseBook {
  readonly units: number;
  readonly #done: Uint8Array;
  /** Per unit, how many leases that are not overdue cover it; free means none does and it is not done. */
  readonly #covers: Uint16Array;
  readonly #leases = new Map<LeaseId, LeaseRecord>();
  readonly #overdue = new Set<LeaseId>();
  #unsettled: number;
  #free: number;
  /** No unit below it is free. */
  #lowestFree = 0;
  /** No lease that is not overdue has an earlier deadline; the one that had it may be gone. */
  #earliestDeadline = Number.POSITIVE_INFINITY;

  constructor(units: number) {
    this.units = units;
    this.#unsettled = units;
    this.#free = units;
    this.#done = new Uint8Array(units);
    this.#covers = new Uint16Array(units);
  }

  /** Whether every unit is settled. */
  get complete(): boolean {
    return this.#unsettled === 0;
  }

  /** Units that nobody has. */
  get freeUnits(): number {
    return this.#free;
  }

  /** Leases still out, the overdue ones among them. */
  get outstanding(): Iterable<LeaseRecord> {
    return this.#leases.values();
  }

  /** The moment to look for overdue leases again, in monotonic milliseconds; undefined if there can be none. */
  get nextDeadline(): number | undefined {
    return Number.isFinite(this.#earliestDeadline) ? this.#earliestDeadline : undefined;
  }

  /** The first free shard of at most `size` units (rounded down to a power of two), or undefined if none is free. */
  findFree(size: number): Shard | undefined {
    if (this.#free === 0) return undefined;
    while (this.#lowestFree < this.units && !this.#isFree(this.#lowestFree)) this.#lowestFree += 1;
    for (let group = 2 ** Math.floor(Math.log2(Math.max(1, size))); group > 1; group /= 2) {
      const from = Math.floor(this.#lowestFree / group) * group;
      for (let first = from; first < this.units; first += group) {
        const count = Math.min(group, this.units - first);
        if (this.#isFreeGroup(first, count)) return { first, count };
      }
    }
    return { first: this.#lowestFree, count: 1 };
  }

  /** Lends a shard that `findFree` gave, or once more one that is out. */
  lend(lease: LeaseRecord): void {
    this.#leases.set(lease.id, lease);
    this.#earliestDeadline = Math.min(this.#earliestDeadline, lease.deadline);
    this.#cover(lease.shard);
  }

  /** A lease that is out. */
  find(id: LeaseId): LeaseRecord | undefined {
    return this.#leases.get(id);
  }

  /** Gives a lease that is out another deadline. */
  changeDeadline(id: LeaseId, deadline: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined || this.#overdue.has(id)) return;
    this.#leases.set(id, { ...lease, deadline });
    this.#earliestDeadline = Math.min(this.#earliestDeadline, deadline);
  }

  /** Whether this lease alone is out for every unit of its shard, and none of them is done: nobody shadows it. */
  isAlone({ id, shard }: LeaseRecord): boolean {
    if (this.#overdue.has(id) || !this.#leases.has(id)) return false;
    for (let unit = shard.first; unit < shard.first + shard.count; unit++) {
      if (this.#covers[unit] !== 1 || this.#done[unit] !== 0) return false;
    }
    return true;
  }

  /** Takes an answer in. An accepted one settles its units; the caller then counts it exactly once. */
  settle(id: LeaseId, worker: WorkerId): Settlement {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.worker !== worker) return { outcome: 'unknown' };
    const { first, count } = lease.shard;
    const doneBefore = this.#countDone(lease.shard);
    this.#remove(lease);
    if (doneBefore === count) return { outcome: 'superseded', lease };
    for (let unit = first; unit < first + count; unit++) {
      if (this.#isFree(unit)) this.#free -= 1;
      this.#done[unit] = 1;
    }
    this.#unsettled -= count - doneBefore;
    return { outcome: 'accepted', lease, replacesParts: doneBefore > 0 };
  }

  /** Takes a lease back that will not be answered; its units are free unless another lease covers them. */
  withdraw(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#remove(lease);
  }

  /** Marks the leases whose deadline has passed: their units may be lent again, their answers are still welcome. */
  expire(now: number): readonly LeaseRecord[] {
    if (now < this.#earliestDeadline) return [];
    const expired: LeaseRecord[] = [];
    this.#earliestDeadline = Number.POSITIVE_INFINITY;
    for (const lease of this.#leases.values()) {
      if (this.#overdue.has(lease.id)) continue;
      if (lease.deadline <= now) expired.push(lease);
      else this.#earliestDeadline = Math.min(this.#earliestDeadline, lease.deadline);
    }
    for (const lease of expired) {
      this.#overdue.add(lease.id);
      this.#uncover(lease.shard);
    }
    return expired;
  }

  #remove(lease: LeaseRecord): void {
    this.#leases.delete(lease.id);
    if (!this.#overdue.delete(lease.id)) this.#uncover(lease.shard);
  }

  #cover({ first, count }: Shard): void {
    for (let unit = first; unit < first + count; unit++) {
      if (this.#isFree(unit)) this.#free -= 1;
      this.#covers[unit] = (this.#covers[unit] ?? 0) + 1;
    }
  }

  #uncover({ first, count }: Shard): void {
    for (let unit = first; unit < first + count; unit++) {
      this.#covers[unit] = (this.#covers[unit] ?? 0) - 1;
      if (this.#isFree(unit)) this.#free += 1;
    }
    this.#lowestFree = Math.min(this.#lowestFree, first);
  }

  #isFree(unit: number): boolean {
    return this.#done[unit] === 0 && this.#covers[unit] === 0;
  }

  #isFreeGroup(first: number, count: number): boolean {
    for (let unit = first; unit < first + count; unit++) if (!this.#isFree(unit)) return false;
    return true;
  }

  #countDone({ first, count }: Shard): number {
    let done = 0;
    for (let unit = first; unit < first + count; unit++) done += this.#done[unit] ?? 0;
    return done;
  }
}
