// What is wrong with a request, whatever it asks for. Each check throws the refusal; none of them has an effect.

import type { IncomingMessage } from 'node:http';
import { Refusal } from '../connections/refusal.ts';
import { type Caller, isOwnOrigin } from './caller.ts';
import type { Route } from './routes.ts';

/** Nothing here takes a body: who sends one would only keep the server reading. */
export function refuseBody({ headers }: IncomingMessage): void {
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (hasBody) throw new Refusal(413, 'requests have no body here', { connection: 'close' });
}

/** Answers are always whole; a range that makes no sense is not overlooked. */
export function refuseBadRange({ headers: { range } }: IncomingMessage): void {
  if (range === undefined) return;
  const ranges = /^bytes=(.+)$/.exec(range)?.[1]?.split(/, */) ?? [''];
  if (!ranges.every(isRange)) throw new Refusal(400, 'the request has a bad Range');
}

function isRange(text: string): boolean {
  const [, first = '', last = ''] = /^(\d{0,15})-(\d{0,15})$/.exec(text) ?? [];
  if (first === '' || last === '') return first !== last;
  return Number(first) <= Number(last);
}

export function refuseMethod(method: string | undefined, { methods }: Route): void {
  if (methods.includes(method ?? '')) return;
  throw new Refusal(405, `only ${methods.join(' and ')} here`, { allow: methods.join(', ') });
}

/**
 * Pages of other sites get nothing but what anybody may link to: browsers say where a request comes from (Fetch Metadata,
 * and Origin where they are older), and what is no browser says nothing.
 */
export function refuseForeignPage({ headers }: IncomingMessage, caller: Caller): void {
  const { 'sec-fetch-site': site = 'none', origin } = headers;
  const isForeign =
    site === 'cross-site' || site === 'same-site' || (origin !== undefined && !isOwnOrigin(origin, caller));
  if (isForeign) throw new Refusal(403, 'pages of other sites may not ask for this');
}
