// The names that this server answers to. A page of another site can let its own name point here (DNS rebinding) and would
// be taken for ours then; it cannot take one of these.

import { hostname, networkInterfaces } from 'node:os';
import { Refusal } from '../connections/refusal.ts';
import { nameIn } from './caller.ts';

const loopback = ['localhost', '127.0.0.1', '::1'] as const;

/** Milliseconds for which the addresses of this machine are not looked up again. */
const lookupInterval = 1_000;

export interface AllowedHostsOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** Further names, as the operator gives them. */
  readonly allowed?: readonly string[] | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The addresses and names of this machine. */
  readonly ownNames?: () => Iterable<string>;
}

export class AllowedHosts {
  readonly #fixed: ReadonlySet<string>;
  readonly #ownNames: () => Iterable<string>;
  readonly #isAny: boolean;
  readonly #now: () => number;
  #own: ReadonlySet<string> = new Set();
  #lookedUpAt: number | undefined;

  constructor({ host, allowed = [], now, ownNames = namesOfThisMachine }: AllowedHostsOptions) {
    this.#fixed = new Set([...loopback, host, ...allowed].map((name) => nameIn(name.toLowerCase())));
    this.#isAny = isAnyAddress(host);
    this.#ownNames = ownNames;
    this.#now = now;
  }

  /** @throws {Refusal} of a host that is none of this server's. */
  require(host: string): void {
    const name = nameIn(host);
    if (this.#fixed.has(name) || this.#isOwn(name)) return;
    throw new Refusal(421, `this server does not answer to ${name}: start it with --allow-host ${name} if it should`);
  }

  /** Addresses change while a laptop moves from one network to the next. */
  #isOwn(name: string): boolean {
    if (!this.#isAny) return false;
    if (this.#own.has(name)) return true;
    const now = this.#now();
    if (this.#lookedUpAt !== undefined && now - this.#lookedUpAt < lookupInterval) return false;
    this.#lookedUpAt = now;
    this.#own = new Set(this.#ownNames());
    return this.#own.has(name);
  }
}

/** Whether a server that listens on it listens on all addresses of the machine. */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function* namesOfThisMachine(): Generator<string> {
  const name = hostname().toLowerCase();
  yield name;
  yield `${name.replace(/\.local$/, '')}.local`;
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) yield address;
  }
}
