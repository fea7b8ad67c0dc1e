// The lease book of one task (a step, or an evaluation): which of its units are free, lent to whom, or done.
//
// A unit is a microbatch of a step or a block of an evaluation. Pure: the clock is an argument, nothing is sent here.
// Invariants: a unit is settled exactly once; a lease that is late stays acceptable until its units are settled by
// somebody else; a lost lease's units are free again at once.

import type { Shard } from '../shared/protocol/messages.ts';

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

/** What became of an answer: counted, or too late because another worker's was counted first, or never lent here. */
export type Settlement =
  | { readonly outcome: 'accepted'; readonly lease: LeaseRecord }
  | { readonly outcome: 'superseded'; readonly lease: LeaseRecord }
  | { readonly outcome: 'unknown' };

export class LeaseBook {
  readonly units: number;
  readonly #done: Uint8Array;
  /** Per unit, how many leases that are not overdue cover it; free means none does and it is not done. */
  readonly #cover: Uint16Array;
  readonly #leases = new Map<LeaseId, LeaseRecord>();
  readonly #overdue = new Set<LeaseId>();
  #unsettled: number;
  /** No unit below it is free. */
  #lowestFree = 0;

  constructor(units: number) {
    this.units = units;
    this.#unsettled = units;
    this.#done = new Uint8Array(units);
    this.#cover = new Uint16Array(units);
  }

  /** Whether every unit is settled. */
  get complete(): boolean {
    return this.#unsettled === 0;
  }

  /** Leases still out, the overdue ones among them. */
  get outstanding(): readonly LeaseRecord[] {
    return [...this.#leases.values()];
  }

  /** The earliest deadline of a lease that is not overdue yet, or undefined. */
  get nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const lease of this.#leases.values()) {
      if (!this.#overdue.has(lease.id) && (next === undefined || lease.deadline < next)) next = lease.deadline;
    }
    return next;
  }

  /** The first free shard of at most `size` units (rounded down to a power of two), or undefined if none is free. */
  findFree(size: number): Shard | undefined {
    while (this.#lowestFree < this.units && !this.#isFree(this.#lowestFree)) this.#lowestFree += 1;
    if (this.#lowestFree === this.units) return undefined;
    for (let group = 2 ** Math.floor(Math.log2(Math.max(1, size))); group > 1; group /= 2) {
      const from = Math.floor(this.#lowestFree / group) * group;
      for (let first = from; first < this.units; first += group) {
        const count = Math.min(group, this.units - first);
        if (this.#isFreeGroup(first, count)) return { first, count };
      }
    }
    return { first: this.#lowestFree, count: 1 };
  }

  /** Lends a shard that `findFree` gave. */
  lend(lease: LeaseRecord): void {
    this.#leases.set(lease.id, lease);
    this.#changeCover(lease.shard, 1);
  }

  /** Takes an answer in. An accepted one settles its units; the caller then counts it exactly once. */
  settle(id: LeaseId, worker: WorkerId): Settlement {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.worker !== worker) return { outcome: 'unknown' };
    const superseded = this.#anyDone(lease.shard);
    this.#remove(lease);
    if (superseded) return { outcome: 'superseded', lease };
    const { first, count } = lease.shard;
    this.#done.fill(1, first, first + count);
    this.#unsettled -= count;
    return { outcome: 'accepted', lease };
  }

  /** Takes back every lease of a worker that left; their units are free unless another lease covers them. */
  withdraw(worker: WorkerId): readonly LeaseRecord[] {
    const withdrawn = this.outstanding.filter((lease) => lease.worker === worker);
    for (const lease of withdrawn) this.#remove(lease);
    return withdrawn;
  }

  /** Marks the leases whose deadline has passed: their units may be lent again, their answers are still welcome. */
  expire(now: number): readonly LeaseRecord[] {
    const expired = this.outstanding.filter((lease) => lease.deadline <= now && !this.#overdue.has(lease.id));
    for (const lease of expired) {
      this.#overdue.add(lease.id);
      this.#changeCover(lease.shard, -1);
    }
    return expired;
  }

  #remove(lease: LeaseRecord): void {
    this.#leases.delete(lease.id);
    if (!this.#overdue.delete(lease.id)) this.#changeCover(lease.shard, -1);
  }

  #changeCover({ first, count }: Shard, change: 1 | -1): void {
    for (let unit = first; unit < first + count; unit++) this.#cover[unit] = (this.#cover[unit] ?? 0) + change;
    if (change < 0) this.#lowestFree = Math.min(this.#lowestFree, first);
  }

  #isFree(unit: number): boolean {
    return this.#done[unit] === 0 && this.#cover[unit] === 0;
  }

  #isFreeGroup(first: number, count: number): boolean {
    for (let unit = first; unit < first + count; unit++) if (!this.#isFree(unit)) return false;
    return true;
  }

  #anyDone({ first, count }: Shard): boolean {
    return this.#done.subarray(first, first + count).includes(1);
  }
}
