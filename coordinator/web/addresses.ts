// Where others reach this machine.

import { networkInterfaces } from 'node:os';

/** URLs of the page for other machines, the likeliest first; none if the server listens to this machine alone. */
export function pageAddresses(host: string, port: number): readonly string[] {
  if (host === '127.0.0.1' || host === 'localhost' || host === '::1') return [];
  if (host !== '0.0.0.0' && host !== '::') return [pageAddress(host, port)];
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => pageAddress(address, port));
}

/** URL of the page on a host. */
export function pageAddress(host: string, port: number): string {
  return `http://${inUrl(host)}:${port}/`;
}

/** Where workers on this machine connect to a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::';
  return `ws://${inUrl(isAny ? '127.0.0.1' : host)}:${port}`;
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
