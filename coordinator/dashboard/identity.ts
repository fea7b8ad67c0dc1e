// Who helps by this browser: a key of its own that is drawn once and kept here, so that what was given is still his after a
// reload, a lost connection or the end of a run. Pages of one address share it; no other site sees it.

import type { Volunteer } from '../../shared/protocol/messages.ts';
import { nickname } from '../../shared/protocol/nickname.ts';
import { friendlyName } from '../../shared/watch/people.ts';

const storageKey = 'gradswarm volunteer';

interface Identity extends Volunteer {
  /** By what all know him; undefined until a coordinator has said so. */
  readonly id?: string;
}

/** For browsers that are told to store nothing. */
let kept: Identity | undefined;

/** Made if there is none. */
export function identity(): Identity {
  kept ??= stored() ?? { key: newKey() };
  return kept;
}

/** What a worker says of whose it is. */
export function volunteer(): Volunteer {
  const { key, name } = identity();
  return name === undefined ? { key } : { key, name };
}

/** Calls himself so from now on; without a name if nothing of it is fit to be shown. */
export function callMe(text: string): void {
  const { name: _, ...rest } = identity();
  const name = nickname(text);
  keep(name === '' ? rest : { ...rest, name });
}

/** A coordinator has said by what all know him. */
export function rememberId(id: string): void {
  if (identity().id !== id) keep({ ...identity(), id });
}

/** What to call somebody. */
export function displayName({ id, name }: { readonly id: string; readonly name?: string }): string {
  return name ?? friendlyName(id);
}

function keep(next: Identity): void {
  kept = next;
  try {
    localStorage.setItem(storageKey, JSON.stringify(next));
  } catch {
    // Until the page is loaded again, it is kept all the same.
  }
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  keep({ key });
  return key;
}

/** What was kept, if that is what we keep: a page of another program may have stood at this address. */
function stored(): Identity | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null');
    if (typeof found !== 'object' || found === null || !('key' in found)) return undefined;
    const { key } = found;
    if (typeof key !== 'string' || !/^[0-9a-f]{32}$/.test(key)) return undefined;
    const name = 'name' in found && typeof found.name === 'string' ? nickname(found.name) : '';
    const id = 'id' in found && typeof found.id === 'string' ? { id: found.id } : {};
    return { key, ...id, ...(name === '' ? {} : { name }) };
  } catch {
    return undefined;
  }
}
