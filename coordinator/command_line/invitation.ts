// What is printed for those who want to watch or to help: links, a code to scan, a command, and what each is for.

import { renderUnicodeCompact } from 'uqr';
import { tokenVariable } from '../../shared/node/token_flags.ts';
import { joinFragment, watchFragment } from '../../shared/watch/links.ts';
import { derivedToken } from '../connections/access.ts';
import { type ListeningPlace, localUrl, pageAddress, pageAddresses } from '../web/addresses.ts';

export interface InvitationOptions extends ListeningPlace {
  /** The run's secret, if it has one. It is not printed; what is derived from it is, but to a terminal alone. */
  readonly token?: string | undefined;
  /** Whether a person reads it: a log would keep the tokens. */
  readonly isTerminal: boolean;
}

/** One line each. */
export function invitation(options: InvitationOptions): readonly string[] {
  const { token, isTerminal } = options;
  if (token === undefined) return openInvitation(options);
  return isTerminal ? secretInvitation(options, token) : discreetInvitation(options);
}

function openInvitation(options: InvitationOptions): readonly string[] {
  return [
    `watch it, and help, at ${addressesOf(options).join('  ')}`,
    ...codeOf(options, joinFragment(undefined)),
    commandOf(options),
  ];
}

function secretInvitation(options: InvitationOptions, token: string): readonly string[] {
  const [watcher, worker] = [derivedToken(token, 'watcher'), derivedToken(token, 'worker')];
  const [address = ''] = addressesOf(options);
  return [
    `to watch it, open ${address}${watchFragment(watcher)}`,
    `to watch and help, open ${address}${joinFragment(worker)}`,
    ...codeOf(options, joinFragment(worker)),
    commandOf(options, `${tokenVariable}=${worker} `),
    'whoever has one of these links may use it; your own token makes you administrator: put #token= and the token behind the address',
  ];
}

function discreetInvitation(options: InvitationOptions): readonly string[] {
  const [address = ''] = addressesOf(options);
  return [
    `watch it at ${address}#token=TOKEN, with the run's token; the page then shows the link for those who want to help`,
    commandOf(options, `${tokenVariable}=TOKEN `),
    'links that hold a token are printed to a terminal only',
  ];
}

function addressesOf(place: ListeningPlace): readonly string[] {
  const addresses = pageAddresses(place);
  return addresses.length === 0 ? [pageAddress({ ...place, host: '127.0.0.1' })] : addresses;
}

/** For phones; none where they cannot reach the page, or nobody could scan it. */
function codeOf(options: InvitationOptions, fragment: string): readonly string[] {
  const [address] = pageAddresses(options);
  return address === undefined || !options.isTerminal ? [] : [renderUnicodeCompact(`${address}${fragment}`)];
}

function commandOf(place: ListeningPlace, environment = ''): string {
  const [page] = pageAddresses(place);
  const url = page === undefined ? localUrl(place) : page.replace('http', 'ws').replace(/\/$/, '');
  return `more workers: ${environment}gradswarm worker ${url}`;
}
