// Who may do what: roles, the tokens that stand for them, and how long a wrong token waits for its refusal. A run has one
// secret to keep; the tokens of the lesser roles are derived from it, so that links with them can be handed out. Pure.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Limits, limitsOf } from './limits.ts';
import { WrongTokens } from './wrong_tokens.ts';

/** `local`: the worker processes that the coordinator starts itself. */
export type Role = 'watcher' | 'worker' | 'local' | 'administrator';

const granted: Readonly<Record<Role, readonly Role[]>> = {
  watcher: ['watcher'],
  worker: ['watcher', 'worker'],
  local: ['watcher', 'worker', 'local'],
  administrator: ['watcher', 'worker', 'administrator'],
};

/** Whether whoever has a role may do what another one is for. */
export function mayActAs(role: Role, wanted: Role): boolean {
  return granted[role].includes(wanted);
}

/** What a presented token is worth. */
export type Judgement =
  | { readonly role: Role }
  | { readonly fault: 'missing' }
  /** To be refused after so many milliseconds, not before. */
  | { readonly fault: 'wrong'; readonly delay: number }
  /** To be refused at once: it was not compared with what people choose. */
  | { readonly fault: 'too many' };

export interface AccessOptions {
  /** Whoever presents it is administrator; without it everybody is. */
  readonly token?: string | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Those that are absent are the defaults. */
  readonly limits?: Partial<Limits> | undefined;
}

export class Access {
  /** What the coordinator's own worker processes present, new for each run. */
  readonly localToken = randomBytes(32).toString('base64url');
  /** What links for others carry; undefined if nobody is asked for a token. */
  readonly watcherToken: string | undefined;
  readonly workerToken: string | undefined;
  readonly #known: ReadonlyMap<Role, Buffer>;
  readonly #wrong: WrongTokens;

  constructor({ token, now, limits }: AccessOptions) {
    this.watcherToken = token === undefined ? undefined : derivedToken(token, 'watcher');
    this.workerToken = token === undefined ? undefined : derivedToken(token, 'worker');
    this.#known = new Map(
      Object.entries({
        local: this.localToken,
        watcher: this.watcherToken,
        worker: this.workerToken,
        administrator: token,
      }).flatMap(([role, known]) => (known === undefined ? [] : [[role as Role, digestOf(known)] as const])),
    );
    this.#wrong = new WrongTokens(now, limitsOf(limits));
  }

  /** Whether nobody is asked for a token. */
  get isOpen(): boolean {
    return this.workerToken === undefined;
  }

  /** What a token lets whoever presents it do, and if nothing, how it is to be refused. @param address of the sender */
  judge(token: string | undefined, address: string): Judgement {
    if (token === undefined) return this.isOpen ? { role: 'administrator' } : { fault: 'missing' };
    // Too many guesses from there: the one token that a person may have chosen cannot be found now.
    const isCrowded = this.#wrong.isCrowded(address);
    const role = this.#roleOf(token, isCrowded);
    if (role !== undefined) return { role };
    if (this.isOpen) return { role: 'administrator' };
    if (isCrowded) return { fault: 'too many' };
    const delay = this.#wrong.add(address);
    return delay === undefined ? { fault: 'too many' } : { fault: 'wrong', delay };
  }

  /** Takes as long for each token of a length, known or not. */
  #roleOf(token: string, isCrowded: boolean): Role | undefined {
    const given = digestOf(token);
    let found: Role | undefined;
    for (const [role, known] of this.#known) if (timingSafeEqual(given, known)) found = role;
    return isCrowded && found === 'administrator' ? undefined : found;
  }
}

/** The token of a role: HMAC-SHA-256 of its name, keyed by the run's secret, in base64url. */
export function derivedToken(secret: string, role: 'watcher' | 'worker'): string {
  return createHmac('sha256', secret).update(role).digest('base64url');
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
