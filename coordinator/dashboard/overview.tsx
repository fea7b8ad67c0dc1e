// Where the run stands, in figures.

import type { RunState } from '../../shared/watch/messages.ts';
import { count, fixed, percent } from './format.ts';
import { texts } from './language.ts';
import type { WatchedRun } from './watch.ts';

/** Epochs begun, and of how many. */
export function epochsOf({ run, state }: WatchedRun): { readonly current: number; readonly total: number } {
  const total = Math.ceil(run.totalSteps / run.stepsPerEpoch);
  return { current: Math.min(Math.floor(state.step / run.stepsPerEpoch) + 1, total), total };
}

export function Overview({ watched }: { readonly watched: WatchedRun }) {
  const { run, state, epochs } = watched;
  const words = texts().run;
  const test = epochs.at(-1)?.test;
  const { current, total } = epochsOf(watched);
  return (
    <section class="card wide" aria-labelledby="run">
      <h2 id="run">{words.epoch(count(current), count(total))}</h2>
      <progress max={run.totalSteps} value={state.step} aria-label={words.progress} />
      <dl class="figures">
        <Figure id="step" name={words.step(count(run.totalSteps))} value={count(state.step)} />
        <Figure id="samples/s" name={words.speed} value={speedOf(state)} />
        <Figure id="workers" name={words.workers} value={count(state.workers.length)} />
        <Figure id="test loss" name={words.testLoss} value={test === undefined ? '–' : fixed(test.loss, 4)} />
        {run.teaches.gives !== 'figures' && (
          <Figure
            id="test accuracy"
            name={words.testAccuracy}
            value={test?.accuracy === undefined ? '–' : percent(test.accuracy)}
          />
        )}
        <Figure id="parameters" name={words.parameters} value={count(run.parameters)} />
      </dl>
      {state.fit !== undefined && (
        <p class={`verdict ${state.fit.verdict}`} dir="auto">
          {state.fit.sentence}
        </p>
      )}
    </section>
  );
}

/** Only while steps are made is there a speed of theirs. */
function speedOf({ phase, samplesPerSecond }: RunState): string {
  if (phase === 'evaluating') return texts().run.measuring;
  return phase === 'training' && samplesPerSecond > 0 ? count(samplesPerSecond) : '–';
}

interface FigureProps {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

export function Figure({ id, name, value }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={id}>{value}</dd>
    </div>
  );
}
