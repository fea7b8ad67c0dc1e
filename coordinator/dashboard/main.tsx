// The dashboard.

import { render } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { AlignedData } from 'uplot';
import type { RunPhase } from '../../shared/watch/messages.ts';
import { Chart, type Curve, curvesOfSets, dataOfSets } from './charts.tsx';
import { count, milliseconds, percent } from './format.ts';
import { HelpCard } from './help_card.tsx';
import { takeToken } from './link.ts';
import { NoRun } from './no_run.tsx';
import { TryModel } from './try_model.tsx';
import { type Watch, type WatchedRun, watch } from './watch.ts';
import { WorkersTable } from './workers_table.tsx';

const phases: Readonly<Record<RunPhase, string>> = {
  waiting: 'waiting for workers',
  training: 'training',
  evaluating: 'evaluating',
  finished: 'finished',
  stopped: 'stopped, will go on',
};

function Dashboard() {
  const [{ run, contact }, setWatch] = useState<Watch>({ run: undefined, contact: 'connecting' });
  useEffect(() => watch(setWatch), []);
  if (run === undefined || contact === 'no token' || contact === 'wrong token') return <NoRun contact={contact} />;
  return <RunPage watched={run} isConnected={contact === 'connected'} />;
}

function RunPage({ watched, isConnected }: { readonly watched: WatchedRun; readonly isConnected: boolean }) {
  const { run, state, steps, epochs } = watched;
  return (
    <main>
      <header>
        <h1>{run.name}</h1>
        <strong role="status">
          {isConnected || state.phase === 'finished' || state.phase === 'stopped'
            ? phases[state.phase]
            : 'the coordinator cannot be reached'}
        </strong>
        <span class="soft">{run.description}</span>
      </header>
      <Overview watched={watched} />
      <HelpCard invitation={run.invitation} workers={state.workers} />
      <Curves watched={watched} figure="loss" />
      <Curves watched={watched} figure="accuracy" />
      <WorkersTable workers={state.workers} />
      <Durations steps={steps} />
      <TryModel step={state.step} takes={run.teaches.takes} />
      <section class="card full" aria-labelledby="job">
        <h2 id="job">Job {run.digest.slice(0, 16)}…</h2>
        <p class="soft">
          The same job ends with the same parameters, bit for bit, whoever computes it. {count(epochs.length)} epochs
          measured, checkpoint {state.checkpoint === undefined ? 'none yet' : `of step ${count(state.checkpoint)}`}
          {state.skippedCheckpoints === undefined ? '' : `, ${count(state.skippedCheckpoints)} skipped`}
          {state.trouble === undefined ? '' : `; ${state.trouble}`}.
        </p>
        <details>
          <summary>The whole job</summary>
          <pre>{run.job}</pre>
        </details>
      </section>
    </main>
  );
}

function Overview({ watched: { run, state, epochs } }: { readonly watched: WatchedRun }) {
  const test = epochs.at(-1)?.test;
  const epoch = Math.min(Math.floor(state.step / run.stepsPerEpoch) + 1, Math.ceil(run.totalSteps / run.stepsPerEpoch));
  return (
    <section class="card wide" aria-labelledby="run">
      <h2 id="run">
        Epoch {epoch} of {Math.ceil(run.totalSteps / run.stepsPerEpoch)}
      </h2>
      <progress max={run.totalSteps} value={state.step} aria-label="steps done" />
      <dl class="figures">
        <Figure name={`step of ${count(run.totalSteps)}`} value={count(state.step)} />
        <Figure name="samples/s" value={count(state.samplesPerSecond)} />
        <Figure name="workers" value={count(state.workers.length)} />
        <Figure name="test loss" value={test === undefined ? '–' : test.loss.toFixed(4)} />
        <Figure name="test accuracy" value={test?.accuracy === undefined ? '–' : percent(test.accuracy)} />
        <Figure name="parameters" value={count(run.parameters)} />
      </dl>
      {state.fit !== undefined && <p class={`verdict ${state.fit.verdict}`}>{state.fit.sentence}</p>}
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={name}>{value}</dd>
    </div>
  );
}

function Curves({ watched, figure }: { readonly watched: WatchedRun; readonly figure: 'loss' | 'accuracy' }) {
  const { steps, epochs } = watched;
  const hasValidation = epochs.some(({ validation }) => validation !== undefined);
  const curves = hasValidation ? curvesOfSets : curvesOfSets.slice(0, -1);
  const data = useCallback(
    () => dataOfSets(steps, epochs, figure).slice(0, 1 + curves.length) as AlignedData,
    [steps, epochs],
  );
  const last = epochs.at(-1);
  const format =
    figure === 'loss' ? (value: number) => value.toFixed(3) : (value: number) => `${(100 * value).toFixed(1)} %`;
  const said = last?.test?.[figure];
  const description = `${figure} by step${said === undefined ? '' : `; on the test set ${format(said)} after epoch ${last?.epoch}`}`;
  return (
    <section class="card narrow" aria-labelledby={figure}>
      <h2 id={figure}>{figure === 'loss' ? 'Loss' : 'Accuracy'}, training and test side by side</h2>
      <Chart description={description} curves={curves} data={data} format={format} isLogarithmic={figure === 'loss'} />
    </section>
  );
}

const durationCurves: readonly Curve[] = [{ label: 'a step', color: '--training', isFaint: true }];

function Durations({ steps }: { readonly steps: WatchedRun['steps'] }) {
  const data = useCallback(
    (): AlignedData => [steps.map(({ step }) => step), steps.map(({ duration }) => duration ?? null)],
    [steps],
  );
  return (
    <section class="card narrow" aria-labelledby="durations">
      <h2 id="durations">Time of a step</h2>
      <Chart description="milliseconds a step" curves={durationCurves} data={data} format={milliseconds} />
    </section>
  );
}

takeToken();
const root = document.getElementById('root');
if (root !== null) render(<Dashboard />, root);
