// How others join, for the wall: a code to scan, an address to type.

import { useMemo } from 'preact/hooks';
import { renderSVG } from 'uqr';
import { joinFragment } from '../../shared/watch/links.ts';
import type { Invitation } from '../../shared/watch/messages.ts';
import { texts } from './language.ts';

/** Nothing, where this page may not invite anybody or nobody else can reach it. */
export function JoinCode({ invitation }: { readonly invitation: Invitation | undefined }) {
  const [address] = invitation?.addresses ?? [];
  const link = `${address}${joinFragment(invitation?.token)}`;
  const picture = useMemo(() => `data:image/svg+xml,${encodeURIComponent(renderSVG(link))}`, [link]);
  if (address === undefined) return null;
  return (
    <section class="join-code" aria-label={texts().projector.join}>
      <p>{texts().projector.join}</p>
      <img src={picture} alt={texts().projector.code(address)} />
      <p dir="ltr" class="address">
        {address.replace(/^https?:\/\//, '').replace(/\/$/, '')}
      </p>
    </section>
  );
}
