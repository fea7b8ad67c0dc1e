// Who gets a place: how many connections there may be, in all, from one address, and of those who have not said hello; and
// how many may arrive by time. Pure.

import { isIPv6 } from 'node:net';
import { Arrivals } from './arrivals.ts';
import { Census } from './census.ts';
import type { Limits } from './limits.ts';

/**
 * Of those from one address, IPv4 counts by address, and IPv6 by network of 64 bits: a single host has all of its
 * addresses.
 */
export type AdmissionLimits = Pick<
  Limits,
  'connections' | 'connectionsPerAddress' | 'strangers' | 'strangersPerAddress' | 'arrivals' | 'arrivalsPerAddress'
>;

/** Where a connection comes from. */
export interface Origin {
  readonly address: string;
  /** Browsers and programs behind one address are not taken for the same. */
  readonly isBrowser: boolean;
}

/** The place of one connection. `join` and `leave` may be called again, which changes nothing. */
export interface Place {
  /** Its hello was accepted. */
  readonly join: () => void;
  /** It is closed for what it did. */
  readonly blame: (now: number) => void;
  readonly leave: () => void;
}

/** There is no place now. */
export interface Denial {
  /** What there is too much of, in words. */
  readonly reason: string;
  /** Milliseconds after which to come again. */
  readonly wait: number;
}

export type Admittance = { readonly place: Place } | { readonly denial: Denial };

/** Milliseconds after which a place may have become free. */
const waitForPlace = 10_000;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #arrivals: Arrivals;
  readonly #connections = new Census();
  readonly #strangers = new Census();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#arrivals = new Arrivals(limits);
  }

  /** A place for a connection from there, or why there is none now. */
  enter({ address, isBrowser }: Origin, now: number): Admittance {
    const source = sourceOf(address);
    const party = `${source} ${isBrowser ? 'browser' : 'program'}`;
    const reason = this.#crowdAt(source);
    if (reason !== undefined) return { denial: { reason, wait: waitForPlace } };
    const wait = this.#arrivals.arrive(party, now);
    if (wait > 0) return { denial: { reason: 'too many connections arrive, or break the rules', wait } };
    return { place: this.#placeOf(source, party) };
  }

  #placeOf(source: string, party: string): Place {
    this.#connections.add(source);
    this.#strangers.add(source);
    let state: 'stranger' | 'worker' | 'gone' = 'stranger';
    return {
      join: () => {
        if (state !== 'stranger') return;
        state = 'worker';
        this.#strangers.remove(source);
      },
      blame: (now) => this.#arrivals.blame(party, now),
      leave: () => {
        if (state === 'gone') return;
        if (state === 'stranger') this.#strangers.remove(source);
        state = 'gone';
        this.#connections.remove(source);
      },
    };
  }

  #crowdAt(source: string): string | undefined {
    const { connections, connectionsPerAddress, strangers, strangersPerAddress } = this.#limits;
    if (this.#connections.size >= connections) return `at most ${connections} connections at a time`;
    if (this.#connections.at(source) >= connectionsPerAddress) {
      return `at most ${connectionsPerAddress} connections at a time from one address`;
    }
    if (this.#strangers.size >= strangers) {
      return `at most ${strangers} connections at a time that have not said hello`;
    }
    return this.#strangers.at(source) >= strangersPerAddress
      ? `at most ${strangersPerAddress} connections at a time from one address that have not said hello`
      : undefined;
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
