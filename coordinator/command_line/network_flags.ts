// The flags of `gradswarm train` that say how the coordinator is reached, and whether what it is told can be overheard.

import type { Command } from 'commander';
import { InputError } from '../../shared/errors.ts';
import { flagOf, integer } from '../../shared/node/flags.ts';
import { isLoopback } from '../../shared/node/this_machine.ts';
import { addTokenOptions } from '../../shared/node/token_flags.ts';
import type { Limits } from '../connections/limits.ts';
import type { ListenOptions } from '../coordinator_options.ts';
import { loopbackProxies, trustedProxies } from '../web/forwarded.ts';

export interface NetworkFlags {
  readonly port: number;
  readonly host: string;
  /** Further names of this coordinator. */
  readonly allowHost: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Reverse proxies; true: those on this machine. */
  readonly trustProxy?: readonly string[] | true;
  readonly token?: string;
  readonly limits: Partial<Limits>;
}

/** This machine alone. */
export const defaultHost = '127.0.0.1';

export function addNetworkOptions(command: Command): void {
  addTokenOptions(
    command,
    'the secret of its administrator; workers and watchers present it or a token derived from it',
  );
  command
    .option('-p, --port <port>', 'port for workers; 0: any free one', integer(0, 65_535), 0)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', defaultHost)
    .option(
      '--allow-host <name>',
      "a name by which others reach it, besides its addresses and this machine's own name; may be repeated",
      (name: string, earlier: readonly string[]) => [...earlier, name],
      [],
    )
    .option('--tls-cert <file>', 'PEM of a certificate: speak TLS (https, wss); read again when it changes')
    .option('--tls-key <file>', 'PEM of its private key')
    .option(
      '--trust-proxy [addresses]',
      'believe what reverse proxies say of who asked them: their addresses or networks, with commas (default: this machine)',
      flagOf(proxiesIn),
    );
}

/** @throws {InputError} naming what is neither an address nor a network */
function proxiesIn(text: string): readonly string[] {
  const proxies = text.split(',').map((proxy) => proxy.trim());
  trustedProxies(proxies);
  return proxies;
}

/** @throws {InputError} if only one half of a certificate is named */
export function listenOptions(flags: NetworkFlags): ListenOptions {
  const { host, port, allowHost: allowedHosts, tlsCert: certificate, tlsKey: key, trustProxy = [], limits } = flags;
  const reach = {
    host,
    port,
    allowedHosts,
    trustedProxies: trustProxy === true ? loopbackProxies : trustProxy,
    limits,
  };
  if (certificate === undefined && key === undefined) return reach;
  if (certificate === undefined) throw new InputError('--tls-key: name the certificate too, with --tls-cert');
  if (key === undefined) throw new InputError('--tls-cert: name its private key too, with --tls-key');
  return { ...reach, tls: { certificate, key } };
}

/** A warning if others could overhear the token. */
export function tokenExposure(
  flags: Pick<NetworkFlags, 'token' | 'host' | 'tlsCert' | 'trustProxy'>,
): string | undefined {
  const { token, host, tlsCert, trustProxy } = flags;
  if (token === undefined || isLoopback(host) || tlsCert !== undefined || trustProxy !== undefined) return undefined;
  return 'the token travels unencrypted: whoever is on the way can read it; encrypt by --tls-cert and --tls-key, or a reverse proxy';
}
