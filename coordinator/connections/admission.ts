// How many connections there may be: in all, from one address, and of those who have not said hello. Pure.

import { isIPv6 } from 'node:net';
import type { Limits } from './limits.ts';

/**
 * Of those from one address, IPv4 counts by address, and IPv6 by network of 64 bits: a single host has all of its
 * addresses.
 */
export type AdmissionLimits = Pick<Limits, 'connections' | 'connectionsPerAddress' | 'strangers'>;

/** The place of one connection. Both functions may be called again, which changes nothing. */
export interface Place {
  /** Its hello was accepted. */
  readonly join: () => void;
  readonly leave: () => void;
}

export type Admittance = { readonly place: Place } | { readonly refusal: string };

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #byAddress = new Map<string, number>();
  #connections = 0;
  #strangers = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** A place for a connection from that address, or what there are too many of. */
  enter(address: string): Admittance {
    const source = sourceOf(address);
    const refusal = this.#refusalFor(source);
    if (refusal !== undefined) return { refusal };
    this.#count(source, 1);
    this.#strangers += 1;
    let state: 'stranger' | 'worker' | 'gone' = 'stranger';
    const become = (next: 'worker' | 'gone') => {
      if (state === 'stranger') this.#strangers -= 1;
      state = next;
    };
    const join = () => {
      if (state === 'stranger') become('worker');
    };
    const leave = () => {
      if (state === 'gone') return;
      become('gone');
      this.#count(source, -1);
    };
    return { place: { join, leave } };
  }

  #refusalFor(source: string): string | undefined {
    const { connections, connectionsPerAddress, strangers } = this.#limits;
    if (this.#connections >= connections) return `at most ${connections} connections at a time`;
    if ((this.#byAddress.get(source) ?? 0) >= connectionsPerAddress) {
      return `at most ${connectionsPerAddress} connections at a time from one address`;
    }
    return this.#strangers >= strangers
      ? `at most ${strangers} connections at a time that have not said hello`
      : undefined;
  }

  #count(source: string, change: 1 | -1): void {
    this.#connections += change;
    const count = (this.#byAddress.get(source) ?? 0) + change;
    if (count === 0) this.#byAddress.delete(source);
    else this.#byAddress.set(source, count);
  }
}

/** What connections from one place have in common: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [start = '', end] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const known = [...groups(start), ...groups(end ?? '')].length;
  const zeros = end === undefined ? [] : Array<string>(8 - known).fill('0');
  return [...groups(start), ...zeros, ...groups(end ?? '')].slice(0, 4).join(':');
}
