// What there is to be said of a run to somebody who has never heard of one.

import type { MeasuredSet, RunState, Teaching } from '../../shared/watch/messages.ts';
import { count, percent, significant } from './format.ts';
import { texts } from './language.ts';
import type { WatchedRun } from './watch.ts';

/** How the run stands; that of a coordinator which has said goodbye is the last there is. */
export function phaseWords({ phase }: RunState, isConnected: boolean): string {
  return isConnected || phase === 'finished' || phase === 'stopped' ? texts().phases[phase] : texts().unreachable;
}

export function teachingSentence({ takes, gives, outputs }: Teaching): string {
  const words = texts().teaching;
  if (gives === 'tokens') return words.text;
  if (gives === 'figures') return words.figures;
  return takes === 'picture' ? words.pictures(count(outputs)) : words.kinds(count(outputs));
}

/** Of held-out data; undefined while mini-batches tell more, because nothing was measured since training began. */
function measuredLast({ epochs, steps }: Pick<WatchedRun, 'epochs' | 'steps'>): MeasuredSet | undefined {
  const last = epochs.at(-1);
  return last?.step === 0 && steps.length > 0 ? undefined : (last?.test ?? last?.validation);
}

/** The figure that says most: accuracy where there is one, else the loss; as measured last, or of the last mini-batches. */
export function headline({ run, steps, epochs }: WatchedRun): { readonly value: string; readonly name: string } {
  const words = texts().run;
  const measured = measuredLast({ epochs, steps });
  const { accuracy, loss } = measured ?? steps.at(-1) ?? {};
  if (accuracy !== undefined) {
    return { value: percent(accuracy, 1), name: measured === undefined ? words.accuracyNow : words.testAccuracy };
  }
  if (loss !== undefined) {
    return { value: significant(loss, 3), name: measured === undefined ? words.lossNow : words.testLoss };
  }
  return { value: '–', name: run.teaches.gives === 'figures' ? words.testLoss : words.testAccuracy };
}

export function progressSentence(watched: WatchedRun): string {
  const words = texts().teaching;
  const { accuracy } = measuredLast(watched) ?? watched.steps.at(-1) ?? {};
  const done = percent(watched.run.totalSteps === 0 ? 0 : watched.state.step / watched.run.totalSteps, 0);
  if (watched.state.phase === 'finished')
    return accuracy === undefined ? words.over : words.overAt(percent(accuracy, 1));
  return accuracy === undefined ? words.done(done) : words.doneAt(done, percent(accuracy, 1));
}
