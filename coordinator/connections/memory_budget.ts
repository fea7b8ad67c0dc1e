// Memory that peers pin (messages half received, frames that they do not take, answers that they do not read), charged to
// those who pin it. When it is more than there may be, those who came last are shed, strangers before others. Pure.

import { crowdedReason } from '../../shared/protocol/close_codes.ts';

/** What whoever is shed is told; there may be room again after ten seconds. */
export const shedReason = crowdedReason('no memory is left for whoever came last', 10_000);

/** Half-received contributions and sets of parameters that there is always room for. */
const leastModels = 16;

/** The budget in bytes that a limit in megabytes means for a model: never less than what a few honest workers need. */
export function budgetBytes(megabytes: number, parameterBytes: number): number {
  return Math.max(megabytes * 1_000_000, leastModels * parameterBytes);
}

/** What one peer pins. */
export interface Account {
  /** Holds so many bytes more, or less. @returns false if that, or something before, was too much and the peer was shed. */
  readonly add: (bytes: number) => boolean;
  /** Whether the peer has neither been trusted nor left. */
  readonly isStranger: () => boolean;
  /** The peer is no stranger any more. */
  readonly trust: () => void;
  /** The peer is gone, and all that it held. */
  readonly leave: () => void;
}

interface Holder {
  /** The higher, the newer. */
  readonly number: number;
  /** Cuts the peer off: what it held must be free when this returns. */
  readonly shed: () => void;
  bytes: number;
  standing: 'stranger' | 'trusted' | 'gone';
}

export class MemoryBudget {
  readonly #limit: number;
  /** Those who hold anything. */
  readonly #holders = new Set<Holder>();
  #used = 0;
  #nextNumber = 0;

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held by all. */
  get used(): number {
    return this.#used;
  }

  /** An account for a peer that comes now, as a stranger. @param shed see `Holder` */
  open(shed: () => void): Account {
    const holder: Holder = { number: this.#nextNumber, shed, bytes: 0, standing: 'stranger' };
    this.#nextNumber += 1;
    return {
      add: (bytes) => this.#add(holder, bytes),
      isStranger: () => holder.standing === 'stranger',
      trust: () => {
        if (holder.standing === 'stranger') holder.standing = 'trusted';
      },
      leave: () => this.#remove(holder),
    };
  }

  #add(holder: Holder, bytes: number): boolean {
    if (holder.standing === 'gone') return false;
    this.#used += bytes;
    holder.bytes += bytes;
    if (holder.bytes > 0) this.#holders.add(holder);
    else this.#holders.delete(holder);
    while (this.#used > this.#limit) this.#shedNewest();
    // Shedding others may have led to anything.
    return (holder.standing as Holder['standing']) !== 'gone';
  }

  #shedNewest(): void {
    let newest: Holder | undefined;
    for (const holder of this.#holders) if (newest === undefined || isBefore(holder, newest)) newest = holder;
    if (newest === undefined) throw new Error(`${this.#used} bytes are held by nobody`);
    this.#remove(newest);
    newest.shed();
  }

  #remove(holder: Holder): void {
    holder.standing = 'gone';
    this.#used -= holder.bytes;
    holder.bytes = 0;
    this.#holders.delete(holder);
  }
}

/** Whether one is to be shed before the other. */
function isBefore(one: Holder, other: Holder): boolean {
  if (one.standing !== other.standing) return one.standing === 'stranger';
  return one.number > other.number;
}
