// What the page says while there is no run to show.

import { texts } from './language.ts';
import type { Contact } from './watch.ts';

export function NoRun({ contact }: { readonly contact: Contact }) {
  const isRefused = contact === 'no token' || contact === 'wrong token';
  return (
    <main>
      <section class="card full">
        <p role="status">{texts().contacts[contact]}</p>
        {isRefused && <p>{texts().refused}</p>}
      </section>
    </main>
  );
}
