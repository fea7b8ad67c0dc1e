// Where others reach this machine.

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isLoopback } from '../../shared/node/this_machine.ts';

/** Where a server listens, and whether it speaks TLS there. */
export interface ListeningPlace {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** URLs of the page for other machines, the likeliest first; none if the server listens to this machine alone. */
export function pageAddresses(place: ListeningPlace): readonly string[] {
  const { host } = place;
  if (isLoopback(host)) return [];
  if (host !== '0.0.0.0' && host !== '::') return [pageAddress(place)];
  return reachableHosts(networkInterfaces()).map((address) => pageAddress({ ...place, host: address }));
}

/** Networks that exist within a machine, or lead to another place than the room: containers, virtual machines, VPNs. */
const farInterface =
  /^(docker|br-|veth|virbr|lxc|lxd|cni|flannel|podman|vmnet|vboxnet|vethernet|tun|tap|utun|wg|ppp|tailscale|zt|ipsec|nordlynx|awdl|llw)/i;

/** IPv4 addresses of this machine by which others may reach it, those of the network that phones are in first. */
export function reachableHosts(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  const hosts = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ address, isFar: farInterface.test(name) || address.startsWith('169.254.') })),
  );
  return [...hosts.filter(({ isFar }) => !isFar), ...hosts.filter(({ isFar }) => isFar)].map(({ address }) => address);
}

/** URL of the page on a host. */
export function pageAddress({ host, port, isSecure }: ListeningPlace): string {
  return `${isSecure ? 'https' : 'http'}://${inUrl(host)}:${port}/`;
}

/** Where workers on this machine connect to a server. */
export function localUrl(place: ListeningPlace): string {
  const isAny = place.host === '0.0.0.0' || place.host === '::';
  return workerUrl({ ...place, host: isAny ? '127.0.0.1' : place.host });
}

/** URL for workers on a host. */
export function workerUrl({ host, port, isSecure }: ListeningPlace): string {
  return `${isSecure ? 'wss' : 'ws'}://${inUrl(host)}:${port}`;
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
