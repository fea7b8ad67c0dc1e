// The end of a run: what came out against what it began with, who made it, everybody's part, and a card to share.

import { useState } from 'preact/hooks';
import { answersIn, type PersonView } from '../../shared/watch/people.ts';
import { drawCard } from './card.ts';
import { count, percent } from './format.ts';
import type { Helping } from './helping.ts';
import { displayName } from './identity.ts';
import { texts } from './language.ts';
import { inOrder, isYou, Person } from './people.tsx';
import type { WatchedRun } from './watch.ts';

const words = () => texts().lesson.end;

export interface EndProps {
  readonly watched: WatchedRun;
  readonly helping: Helping;
}

export function End({ watched, helping }: EndProps) {
  const people = inOrder(watched.people).filter((person) => answersIn(person) > 0);
  const samples = people.reduce((sum, person) => sum + person.samples, 0);
  const you = people.find(isYou);
  const { run } = watched;
  return (
    <section class="card full end first" aria-labelledby="end">
      <h2 id="end">{words().heading}</h2>
      <p class="big">{achievement(watched)}</p>
      <MadeBy watched={watched} />
      {you !== undefined && <Thanks you={you} samples={samples} />}
      <Card watched={watched} people={people} />
      {run.invitation !== undefined && <NextRun helping={helping} />}
      <details>
        <summary>{words().everybody}</summary>
        <ul class="people parts">
          {people.map((person) => (
            <li key={person.id} data-person={person.id} data-samples={person.samples}>
              <Person person={person} />
              <span>
                {count(answersIn(person))} · {shareOf(person, samples)}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

/** The tab waits, if somebody says so, and joins when a run begins at the same address. */
function NextRun({ helping: { isHelping, setHelping } }: { readonly helping: Helping }) {
  return (
    <p>
      <label>
        <input
          type="checkbox"
          checked={isHelping}
          onChange={({ currentTarget }) => setHelping(currentTarget.checked)}
        />{' '}
        {words().next}
      </label>
    </p>
  );
}

/** Who made it, and by what it can be known again. */
export function MadeBy({ watched: { state, people } }: Pick<EndProps, 'watched'>) {
  const { result } = state;
  return (
    <p data-testid="made-by">
      {words().madeBy(helpers(inOrder(people).filter((person) => answersIn(person) > 0)))}
      {result !== undefined && (
        <>
          {', '}
          {words().fingerprint} <code title={result.parametersDigest}>{result.parametersDigest.slice(0, 8)}</code>
          {result.replayedSteps !== undefined && `, ${words().replayed}`}
        </>
      )}
    </p>
  );
}

function Thanks({ you, samples }: { readonly you: PersonView; readonly samples: number }) {
  const yours = words().yours(count(answersIn(you)), count(you.samples), shareOf(you, samples));
  return (
    <p data-testid="your-part" data-samples={you.samples}>
      <strong>
        <bdi>{words().thanks(displayName(you))}</bdi>
      </strong>{' '}
      {yours}
    </p>
  );
}

function Card({ watched, people }: { readonly watched: WatchedRun; readonly people: readonly PersonView[] }) {
  const [isSaved, setSaved] = useState(false);
  const save = async () => {
    const { result } = watched.state;
    const picture = await drawCard({
      title: words().cardTitle,
      run: watched.run.name,
      achievement: achievement(watched),
      madeBy: `${words().madeBy(helpers(people))}`,
      fingerprint: result === undefined ? '' : `${words().fingerprint} ${result.parametersDigest.slice(0, 8)}`,
      people,
    });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(picture);
    link.download = `${watched.run.name}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
    setSaved(true);
  };
  return (
    <p>
      <button type="button" onClick={() => void save()}>
        {words().card}
      </button>{' '}
      <span role="status">{isSaved ? words().saved : ''}</span>
    </p>
  );
}

/** In a sentence, as well as it was measured. */
function achievement({ epochs }: WatchedRun): string {
  const [first, last] = [epochs[0], epochs.at(-1)];
  const test = last?.test ?? last?.validation;
  if (test === undefined) return '';
  if (test.accuracy === undefined) return words().loss(test.loss.toFixed(4));
  const before = first?.step === 0 && first !== last ? (first.test ?? first.validation)?.accuracy : undefined;
  return before === undefined
    ? words().reached(percent(test.accuracy))
    : words().better(percent(before), percent(test.accuracy));
}

/** The coordinator's own processes are nobody. */
function helpers(people: readonly PersonView[]): string {
  const helping = people.filter(({ kind }) => kind === 'volunteer').length;
  return helping === 0 ? texts().lesson.kinds.local : words().people(helping, count(helping));
}

function shareOf({ samples }: PersonView, all: number): string {
  return all === 0 ? '–' : `${((100 * samples) / all).toFixed(1)} %`;
}
