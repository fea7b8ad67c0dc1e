// What there is to be said of a run to somebody who has never heard of one.

import type { Teaching } from '../../shared/watch/messages.ts';
import { count, percent, significant } from './format.ts';
import { texts } from './language.ts';
import type { WatchedRun } from './watch.ts';

export function teachingSentence({ takes, gives, outputs }: Teaching): string {
  const words = texts().teaching;
  if (gives === 'tokens') return words.text;
  if (gives === 'figures') return words.figures;
  return takes === 'picture' ? words.pictures(count(outputs)) : words.kinds(count(outputs));
}

/** The figure that says most: accuracy where there is one, else the loss; of the newest measurement. */
export function headline({ run, steps, epochs }: WatchedRun): { readonly value: string; readonly name: string } {
  const words = texts().run;
  const measured = epochs.at(-1)?.test ?? epochs.at(-1)?.validation;
  const { accuracy, loss } = measured ?? steps.at(-1) ?? {};
  if (accuracy !== undefined) return { value: percent(accuracy, 1), name: words.testAccuracy };
  if (loss === undefined)
    return { value: '–', name: run.teaches.gives === 'figures' ? words.testLoss : words.testAccuracy };
  return { value: significant(loss, 3), name: words.testLoss };
}

export function progressSentence(watched: WatchedRun): string {
  const words = texts().teaching;
  const { accuracy } = watched.epochs.at(-1)?.test ?? watched.steps.at(-1) ?? {};
  const done = percent(watched.run.totalSteps === 0 ? 0 : watched.state.step / watched.run.totalSteps, 0);
  if (watched.state.phase === 'finished')
    return accuracy === undefined ? words.over : words.overAt(percent(accuracy, 1));
  return accuracy === undefined ? words.done(done) : words.doneAt(done, percent(accuracy, 1));
}
