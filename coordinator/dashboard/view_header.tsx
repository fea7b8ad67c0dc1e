// The name of the run and how it stands; the way to the other views and languages.

import type { Helping } from './helping.ts';
import { languageNames, languageTag, texts } from './language.ts';
import { phaseWords } from './sentences.ts';
import { addressOf, type View, viewFor, views } from './view.ts';
import type { WatchedRun } from './watch.ts';

export interface ViewProps {
  readonly watched: WatchedRun;
  readonly isConnected: boolean;
  readonly helping: Helping;
}

export function ViewHeader({ watched: { run, state }, isConnected }: Omit<ViewProps, 'helping'>) {
  // What these say stays so when the coordinator has ended.
  return (
    <header>
      <h1 dir="auto">{run.name}</h1>
      <strong role="status">{phaseWords(state, isConnected)}</strong>
      <span class="soft description">{run.description}</span>
    </header>
  );
}

/** At the page's end. */
export function ViewFooter() {
  const words = texts().views;
  const shown = viewFor(location.search, innerWidth);
  return (
    <footer>
      <nav aria-label={words.heading}>
        {views.map((view: View) => (
          <a
            key={view}
            href={addressOf(view, location.search, location.hash)}
            aria-current={view === shown ? 'page' : undefined}
          >
            {words[view]}
          </a>
        ))}
      </nav>
      <nav aria-label={words.languages}>
        {Object.entries(languageNames).map(([tag, name]) => (
          <a key={tag} href={addressIn(tag)} lang={tag} aria-current={tag === languageTag() ? 'true' : undefined}>
            {name}
          </a>
        ))}
      </nav>
    </footer>
  );
}

function addressIn(tag: string): string {
  const parameters = new URLSearchParams(location.search);
  parameters.set('lang', tag);
  return `?${parameters}${location.hash}`;
}
