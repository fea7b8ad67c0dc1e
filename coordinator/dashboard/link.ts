// The link that this page was opened by: whether it invites to help, and the token that it carries. It carries it behind the
// "#", which browsers send to nobody; from there it moves to this tab's own memory, out of the address bar and the history.

const storageKey = 'gradswarm token';

/** For browsers that are told to store nothing. */
let kept: string | undefined;

/** Whether the link invites to help. Nothing starts by it: it shows where to press. */
export function isInvited(): boolean {
  return parametersOf(location.hash).has('join') || new URLSearchParams(location.search).has('join');
}

/** What this page presents to the coordinator, if it was given anything. */
export function presentedToken(): string | undefined {
  try {
    return kept ?? sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return kept;
  }
}

/** The headers that present a token. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Takes the token out of the address bar, now and when another one is put there. */
export function takeToken(): void {
  take();
  addEventListener('hashchange', () => {
    if (take()) location.reload();
  });
}

/** Whether there was one. */
function take(): boolean {
  const parameters = parametersOf(location.hash);
  const token = parameters.get('token');
  if (token === null) return false;
  kept = token;
  try {
    sessionStorage.setItem(storageKey, token);
  } catch {
    // Until the page is loaded again, it is kept all the same.
  }
  const rest = parameters.has('join') ? '#join' : '';
  history.replaceState(null, '', `${location.pathname}${location.search}${rest}`);
  return true;
}

function parametersOf(hash: string): URLSearchParams {
  return new URLSearchParams(hash.slice(1));
}
