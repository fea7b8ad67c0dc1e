// What is printed for those who want to watch or to help: links, a code to scan, a command, and what each is for.

import { renderUnicodeCompact } from 'uqr';
import { tokenVariable } from '../../shared/node/token_flags.ts';
import { joinFragment, watchFragment } from '../../shared/watch/links.ts';
import { derivedToken } from '../connections/access.ts';
import { type ListeningPlace, localUrl, pageAddress, pageAddresses } from '../web/addresses.ts';
import type { Line } from './output.ts';

export interface InvitationOptions extends ListeningPlace {
  /** The run's secret, if it has one. It is not printed; what is derived from it is, but to a terminal alone. */
  readonly token?: string | undefined;
  /** How the program is called. */
  readonly program: string;
  /** Columns of the terminal, if a person reads it on one: a log would keep the tokens. */
  readonly columns: number | undefined;
}

export function invitation(options: InvitationOptions): readonly Line[] {
  const { token, columns } = options;
  if (token === undefined) return openInvitation(options);
  return columns === undefined ? discreetInvitation(options) : secretInvitation(options, token);
}

function openInvitation(options: InvitationOptions): readonly Line[] {
  return [
    { text: `watch it, and help, at ${addressesOf(options).join('  ')}` },
    ...codeOf(options, joinFragment(undefined)),
    commandOf(options),
  ];
}

function secretInvitation(options: InvitationOptions, token: string): readonly Line[] {
  const [watcher, worker] = [derivedToken(token, 'watcher'), derivedToken(token, 'worker')];
  const [address = ''] = addressesOf(options);
  return [
    { text: `to watch it, open ${address}${watchFragment(watcher)}` },
    { text: `to watch and help, open ${address}${joinFragment(worker)}` },
    ...codeOf(options, joinFragment(worker)),
    commandOf(options, `${tokenVariable}=${worker} `),
    {
      text: 'whoever has one of these links may use it; your own token makes you administrator: put #token= and the token behind the address',
    },
  ];
}

function discreetInvitation(options: InvitationOptions): readonly Line[] {
  const [address = ''] = addressesOf(options);
  return [
    {
      text: `watch it at ${address}#token=TOKEN, with the run's token; the page then shows the link for those who want to help`,
    },
    commandOf(options, `${tokenVariable}=TOKEN `),
    { text: 'links that hold a token are printed to a terminal only' },
  ];
}

function addressesOf(place: ListeningPlace): readonly string[] {
  const addresses = pageAddresses(place);
  return addresses.length === 0 ? [pageAddress({ ...place, host: '127.0.0.1' })] : addresses;
}

/** For phones; none where they cannot reach the page, or nobody could scan it. */
function codeOf(options: InvitationOptions, fragment: string): readonly Line[] {
  const [address] = pageAddresses(options);
  if (address === undefined || options.columns === undefined) return [];
  const code = renderUnicodeCompact(`${address}${fragment}`);
  const columns = code.indexOf('\n');
  // Broken by the terminal it could not be scanned.
  if (columns > options.columns) return [{ text: `(a terminal of ${columns} columns has a code to scan here)` }];
  return [{ text: code, isWhole: true }];
}

function commandOf({ program, ...place }: InvitationOptions, environment = ''): Line {
  const [page] = pageAddresses(place);
  const url = page === undefined ? localUrl(place) : page.replace('http', 'ws').replace(/\/$/, '');
  return { text: `more workers: ${environment}${program} worker ${url}`, isWhole: true };
}
