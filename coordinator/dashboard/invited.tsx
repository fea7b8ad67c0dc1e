// How others join: addresses, and a code to scan.

import { useMemo } from 'preact/hooks';
import { renderSVG } from 'uqr';
import { joinFragment } from '../../shared/watch/links.ts';
import type { Invitation } from '../../shared/watch/messages.ts';
import { texts } from './language.ts';

export function Code({ invitation: { addresses, token } }: { readonly invitation: Invitation }) {
  const [address] = addresses;
  const link = joinFragment(token);
  const picture = useMemo(
    () =>
      address === undefined ? undefined : `data:image/svg+xml,${encodeURIComponent(renderSVG(`${address}${link}`))}`,
    [address, link],
  );
  if (address === undefined) return <p class="soft">{texts().lesson.lobby.onlyHere}</p>;
  return (
    <div class="join">
      <img class="code" src={picture} alt={texts().lesson.lobby.code(address)} />
      <div>
        {addresses.map((each) => (
          <div key={each}>
            <a href={`${each}${link}`}>{each}</a>
          </div>
        ))}
      </div>
    </div>
  );
}
