// Everything, for whoever sits in front of it.

import { Crowd } from './crowd.tsx';
import { Curves, Durations } from './curves.tsx';
import { End } from './end.tsx';
import { HelpCard } from './help_card.tsx';
import { JobCard } from './job_card.tsx';
import { Overview } from './overview.tsx';
import { People } from './people.tsx';
import { TryModel } from './try_model.tsx';
import { ViewHeader, type ViewProps } from './view_header.tsx';
import { WorkersTable } from './workers_table.tsx';

export function LaptopView({ watched, isConnected, helping }: ViewProps) {
  const { run, state, steps, people } = watched;
  return (
    <main>
      <ViewHeader watched={watched} isConnected={isConnected} />
      {state.phase === 'finished' && <End watched={watched} helping={helping} />}
      <Crowd watched={watched} />
      <Overview watched={watched} />
      <HelpCard watched={watched} helping={helping} />
      <Curves watched={watched} figure="loss" />
      <Curves watched={watched} figure="accuracy" />
      <WorkersTable workers={state.workers} />
      <People people={people} />
      <Durations steps={steps} />
      <TryModel step={state.step} takes={run.teaches.takes} weights={watched.weights} />
      <JobCard watched={watched} />
    </main>
  );
}
