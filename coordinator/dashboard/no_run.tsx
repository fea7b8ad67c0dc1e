// What the page says while there is no run to show.

import type { Contact } from './watch.ts';

const words: Readonly<Record<Contact, string>> = {
  connecting: 'Connecting to the coordinator …',
  connected: 'Nothing to show yet.',
  lost: 'The coordinator cannot be reached; trying again …',
  busy: 'The coordinator has no room for you just now; trying again …',
  'no token': 'The link that you opened lacks the token of this run.',
  'wrong token': 'The token in the link that you opened is not one of this run: it may be an old link.',
};

export function NoRun({ contact }: { readonly contact: Contact }) {
  const isRefused = contact === 'no token' || contact === 'wrong token';
  return (
    <main>
      <section class="card full">
        <p role="status">{words[contact]}</p>
        {isRefused && (
          <p>
            Whoever started the run can give you a link that works: its coordinator prints one to watch and one to join,
            and shows the latter on this page to those who have joined.
          </p>
        )}
      </section>
    </main>
  );
}
