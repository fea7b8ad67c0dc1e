// For whoever lends a phone: what is taught, what the phone does, a number that grows, and the model to play with. Everything
// technical is one tap away.

import { Crowd } from './crowd.tsx';
import { Curves, Durations } from './curves.tsx';
import { End } from './end.tsx';
import { HelpCard } from './help_card.tsx';
import { JobCard } from './job_card.tsx';
import { texts } from './language.ts';
import { Overview } from './overview.tsx';
import { People } from './people.tsx';
import { progressSentence, teachingSentence } from './sentences.ts';
import { TryModel } from './try_model.tsx';
import { ViewHeader, type ViewProps } from './view_header.tsx';
import { WorkersTable } from './workers_table.tsx';

export function PhoneView({ watched, isConnected, helping }: ViewProps) {
  const { run, state, steps, people } = watched;
  return (
    <main class="phone">
      <ViewHeader watched={watched} isConnected={isConnected} />
      {state.phase === 'finished' && <End watched={watched} helping={helping} />}
      <section class="card full" aria-labelledby="lesson">
        <h2 id="lesson">{teachingSentence(run.teaches)}</h2>
        <progress max={run.totalSteps} value={state.step} aria-label={texts().run.progress} />
        <p>{progressSentence(watched)}</p>
      </section>
      <HelpCard watched={watched} helping={helping} />
      <TryModel step={state.step} takes={run.teaches.takes} weights={watched.weights} />
      <People people={people} />
      <details class="full technical">
        <summary>{texts().technical}</summary>
        <Crowd watched={watched} />
        <Overview watched={watched} />
        <Curves watched={watched} figure="loss" />
        <Curves watched={watched} figure="accuracy" />
        <WorkersTable workers={state.workers} />
        <Durations steps={steps} />
        <JobCard watched={watched} />
      </details>
    </main>
  );
}
