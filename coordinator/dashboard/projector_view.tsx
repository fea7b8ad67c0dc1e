// For the wall: few things, huge, to be read from the last row.

import { Curves, curveNames } from './curves.tsx';
import { MadeBy } from './end.tsx';
import { count } from './format.ts';
import { JoinCode } from './join.tsx';
import { texts } from './language.ts';
import { epochsOf } from './overview.tsx';
import { PeopleOnTheWall } from './people.tsx';
import { headline, teachingSentence } from './sentences.ts';
import { ViewHeader, type ViewProps } from './view_header.tsx';

export function ProjectorView({ watched, isConnected }: ViewProps) {
  const { run, state, people } = watched;
  const { value, name } = headline(watched);
  const { current, total } = epochsOf(watched);
  const figure = curveNames(watched, 'accuracy').length > 0 ? 'accuracy' : 'loss';
  return (
    <main class="projector">
      <ViewHeader watched={watched} isConnected={isConnected} />
      <p class="lesson">{teachingSentence(run.teaches)}</p>
      <section class="huge">
        <p class="value" data-testid="headline figure">
          {value}
        </p>
        <p>{name}</p>
        <p>{texts().run.epoch(count(current), count(total))}</p>
        <progress max={run.totalSteps} value={state.step} aria-label={texts().run.progress} />
        {state.phase === 'finished' ? (
          <MadeBy watched={watched} />
        ) : (
          <p>{texts().projector.helpers(count(state.workers.length))}</p>
        )}
      </section>
      <Curves watched={watched} figure={figure} isLarge />
      <JoinCode invitation={run.invitation} />
      <PeopleOnTheWall people={people} />
    </main>
  );
}
