// A word where a job keeps fewer workers busy than have come.

import { englishLesson } from './english_lesson.ts';
import { count } from './format.ts';
import type { WatchedRun } from './watch.ts';

export function Crowd({ watched: { run, state } }: { readonly watched: WatchedRun }) {
  const joined = state.workers.length;
  if (joined <= run.unitsPerStep || state.phase === 'finished') return null;
  return (
    <p class="card full verdict" role="status">
      {englishLesson.crowd(count(run.unitsPerStep), count(joined))}
    </p>
  );
}
