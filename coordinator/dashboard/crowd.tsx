// A word where a job keeps fewer workers busy than have come.

import { count } from './format.ts';
import { texts } from './language.ts';
import type { WatchedRun } from './watch.ts';

export function Crowd({ watched: { run, state } }: { readonly watched: WatchedRun }) {
  const joined = state.workers.length;
  if (joined <= run.unitsPerStep || state.phase === 'finished') return null;
  return (
    <p class="card full verdict" role="status">
      {texts().lesson.crowd(count(run.unitsPerStep), count(joined))}
    </p>
  );
}
