// Who asked a reverse proxy, from the headers that it adds: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239). They
// are believed only of proxies that the operator has named: anybody can write them. Each proxy adds whom it was asked by,
// so of what they say the last one is the client that is not a named proxy itself. Pure.

import { BlockList, isIP } from 'node:net';
import { InputError } from '../../shared/errors.ts';
import { Refusal } from '../connections/refusal.ts';
import { type CallerOf, directCaller, normalHost } from './caller.ts';

/** Whether an address is that of a proxy whose word is taken. */
export type IsTrusted = (address: string) => boolean;

/** The headers of a request, as Node gives them: several of one name are joined by commas. */
export type ForwardingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** How a client reached the outermost proxy that is trusted. */
export interface Origin {
  readonly address: string;
  /** As the client wrote it; undefined if the proxies do not say. */
  readonly host: string | undefined;
  readonly scheme: 'http' | 'https' | undefined;
}

/** What one proxy says of whom it was asked by. */
interface Hop {
  readonly address: string | undefined;
  readonly host: string | undefined;
  readonly scheme: string | undefined;
}

/** Those on this machine, which are meant where none are named. */
export const loopbackProxies: readonly string[] = ['127.0.0.0/8', '::1'];

/** @param proxies addresses, or networks like `10.0.0.0/8` @throws {InputError} naming what is neither */
export function trustedProxies(proxies: readonly string[]): IsTrusted {
  const list = new BlockList();
  for (const proxy of proxies) addTo(list, proxy);
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && list.check(plain, familyOf(plain));
  };
}

function addTo(list: BlockList, proxy: string): void {
  const [address = '', prefix, ...more] = proxy.split('/');
  const family = isIP(address);
  const bits = prefix === undefined ? undefined : Number(prefix);
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits <= (family === 4 ? 32 : 128));
  if (family === 0 || !isPrefix || more.length > 0) {
    throw new InputError(
      `proxy ${JSON.stringify(proxy)}: expected an address like 10.0.0.7, or a network like 10.0.0.0/8`,
    );
  }
  if (bits === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, bits, familyOf(address));
}

/**
 * Whom a request came from through proxies; undefined if it came straight from `peer`, or that is not a proxy that is
 * trusted.
 * @throws {Refusal} if both kinds of headers are there and name different clients: one of them was not written by a proxy,
 * and nobody knows which.
 */
export function originOf(peer: string, headers: ForwardingHeaders, isTrusted: IsTrusted): Origin | undefined {
  if (!isTrusted(peer)) return undefined;
  const [one, other] = [xForwarded(headers), forwarded(headers)]
    .filter((hops) => hops.length > 0)
    .map((hops) => outermost(peer, hops, isTrusted));
  if (one !== undefined && other !== undefined && one.address !== other.address) {
    throw new Refusal(400, 'X-Forwarded-For and Forwarded name different clients: the proxy must remove one of them');
  }
  return one ?? other;
}

/** Of requests that may have come through such proxies. */
export function callerThrough(isTrusted: IsTrusted): CallerOf {
  return (request) => {
    const direct = directCaller(request);
    const origin = originOf(direct.address, request.headers, isTrusted);
    if (origin === undefined) return direct;
    const scheme = origin.scheme ?? direct.scheme;
    return { address: origin.address, scheme, host: normalHost(origin.host ?? request.headers.host ?? '', scheme) };
  };
}

/** The last hop, seen from here, that no further trusted proxy can have written. @param hops the outermost first */
function outermost(peer: string, hops: readonly Hop[], isTrusted: IsTrusted): Origin {
  let client = peer;
  let said: Hop | undefined;
  for (const hop of hops.toReversed()) {
    if (!isTrusted(client) || hop.address === undefined) break;
    client = hop.address;
    said = hop;
  }
  const scheme = said?.scheme?.toLowerCase();
  return { address: client, host: said?.host, scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined };
}

/** The lists may differ in length: proxies add to the first and often replace the others, whose last value stays theirs. */
function xForwarded(headers: ForwardingHeaders): readonly Hop[] {
  const addresses = listIn(headers, 'x-forwarded-for');
  const hosts = listIn(headers, 'x-forwarded-host');
  const schemes = listIn(headers, 'x-forwarded-proto');
  return addresses.map((address, index) => {
    const fromEnd = addresses.length - index;
    return { address: plainAddress(address), host: fromLast(hosts, fromEnd), scheme: fromLast(schemes, fromEnd) };
  });
}

/** The value that is so many from the end, 1 being the last, or the first one of a shorter list. */
function fromLast(values: readonly string[], fromEnd: number): string | undefined {
  return values.at(-fromEnd) ?? values[0];
}

function listIn(headers: ForwardingHeaders, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : value.join(',');
  return text.split(',').map((part) => part.trim());
}

function forwarded(headers: ForwardingHeaders): readonly Hop[] {
  const value = headers.forwarded;
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : value.join(',');
  return splitOutsideQuotes(text, ',').map((element) => {
    const pairs = new Map(splitOutsideQuotes(element, ';').map(pairIn));
    return { address: plainAddress(pairs.get('for') ?? ''), host: pairs.get('host'), scheme: pairs.get('proto') };
  });
}

/** Like `for="[2001:db8::1]:4711"`. */
function pairIn(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  const value = text.slice(equals + 1).trim();
  const unquoted = /^".*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
  return [text.slice(0, Math.max(0, equals)).trim().toLowerCase(), unquoted];
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isQuoted && character === '\\') index += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** An address without a port and brackets, and IPv4 as itself; undefined if it is none. */
export function plainAddress(text: string): string | undefined {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  const address = mapped ?? bare;
  return isIP(address) === 0 ? undefined : address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
