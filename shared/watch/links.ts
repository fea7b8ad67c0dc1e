// What a link to the page carries behind the "#", where no server, log or referrer sees it.

/** To watch. */
export function watchFragment(token: string | undefined): string {
  return token === undefined ? '' : `#token=${encodeURIComponent(token)}`;
}

/** To help: the page shows where to press. */
export function joinFragment(token: string | undefined): string {
  return token === undefined ? '#join' : `#join&token=${encodeURIComponent(token)}`;
}
