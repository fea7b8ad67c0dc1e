// Which names and addresses are this machine's own: what goes there cannot be overheard on the way.

import { networkInterfaces } from 'node:os';

/** Whether a host, as in a URL or a flag, is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host);
  return /^(.+\.)?localhost\.?$/i.test(name) || /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/i.test(name);
}

/** Whether a host, as in a URL or a flag, is this machine, by whichever of its addresses. */
export function isThisMachine(host: string): boolean {
  const name = withoutBrackets(host);
  return (
    isLoopback(name) ||
    Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === name))
  );
}

/** An IPv6 address stands in brackets in a URL. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
