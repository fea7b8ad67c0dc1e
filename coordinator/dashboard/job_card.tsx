// What determines the result, and how safe it is.

import { count } from './format.ts';
import { texts } from './language.ts';
import type { WatchedRun } from './watch.ts';

export function JobCard({ watched: { run, state, epochs } }: { readonly watched: WatchedRun }) {
  const words = texts().job;
  const sentences = [
    words.promise,
    words.measured(count(epochs.filter(({ epoch }) => epoch > 0).length)),
    state.checkpoint === undefined ? words.noCheckpoint : words.checkpoint(count(state.checkpoint)),
    ...(state.skippedCheckpoints === undefined ? [] : [words.skipped(count(state.skippedCheckpoints))]),
    ...(state.trouble === undefined ? [] : [state.trouble]),
  ];
  return (
    <section class="card full" aria-labelledby="job">
      <h2 id="job">{words.heading(run.digest.slice(0, 16))}</h2>
      <p class="soft">{sentences.join(' ')}</p>
      <details>
        <summary>{words.whole}</summary>
        <pre dir="ltr">{run.job}</pre>
      </details>
    </section>
  );
}
