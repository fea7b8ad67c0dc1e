// Everything, for whoever sits in front of it.

import { Curves, Durations } from './curves.tsx';
import { HelpCard } from './help_card.tsx';
import { JobCard } from './job_card.tsx';
import { Overview } from './overview.tsx';
import { TryModel } from './try_model.tsx';
import { ViewHeader, type ViewProps } from './view_header.tsx';
import { WorkersTable } from './workers_table.tsx';

export function LaptopView({ watched, isConnected }: ViewProps) {
  const { run, state, steps } = watched;
  return (
    <main>
      <ViewHeader watched={watched} isConnected={isConnected} />
      <Overview watched={watched} />
      <HelpCard invitation={run.invitation} workers={state.workers} />
      <Curves watched={watched} figure="loss" />
      <Curves watched={watched} figure="accuracy" />
      <WorkersTable workers={state.workers} />
      <Durations steps={steps} />
      <TryModel step={state.step} takes={run.teaches.takes} />
      <JobCard watched={watched} />
    </main>
  );
}
