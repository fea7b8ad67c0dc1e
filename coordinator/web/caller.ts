// Who asks, and by which name: the one place that says under what host and scheme the other side reached this server, and
// from where.

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Refusal } from '../connections/refusal.ts';

export interface Caller {
  /** Where the request comes from. */
  readonly address: string;
  /** What stands in the address bar or the URL: a name or address, and the port unless it is the scheme's own. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

/** @throws {Refusal} if the request does not say, or contradicts itself. */
export type CallerOf = (request: IncomingMessage) => Caller;

/** Of a request that came straight from who sent it. */
export const directCaller: CallerOf = (request) => {
  const scheme = (request.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
  return { address: addressOf(request), host: hostIn(request, scheme), scheme };
};

export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown';
}

function hostIn({ rawHeaders, headers }: IncomingMessage, scheme: Caller['scheme']): string {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new Refusal(400, 'the request has more than one Host');
  return normalHost(headers.host ?? '', scheme);
}

/** In lower case, without the port that the scheme has anyway. @throws {Refusal} if it is not a host. */
export function normalHost(host: string, scheme: Caller['scheme']): string {
  if (!/^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host)) throw new Refusal(400, 'the request names no Host');
  return host.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
}

/** The name or address in a host, without its port. */
export function nameIn(host: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/^([^:]*):\d+$/, '$1');
}

/** Whether a page of this origin is one of the server's own, as the caller reached it. */
export function isOwnOrigin(origin: string, { scheme, host }: Caller): boolean {
  return origin.toLowerCase() === `${scheme}://${host}`;
}
