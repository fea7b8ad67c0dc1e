// Helping with one tap, what came of it, and how others join.

import { useEffect, useRef } from 'preact/hooks';
import { answersIn, type PersonView } from '../../shared/watch/people.ts';
import { count } from './format.ts';
import type { Helping } from './helping.ts';
import { identity } from './identity.ts';
import { Code } from './invited.tsx';
import { texts } from './language.ts';
import { isInvited } from './link.ts';
import { NameField } from './people.tsx';
import type { Help } from './volunteers.ts';
import type { WatchedRun } from './watch.ts';

interface NavigatorWithConnection extends Navigator {
  readonly connection?: { readonly saveData?: boolean };
}

export interface HelpCardProps {
  readonly watched: WatchedRun;
  readonly helping: Helping;
}

export function HelpCard({ watched, helping }: HelpCardProps) {
  const { invitation, access } = watched.run;
  // What is left to be said then stands at the end's place.
  if (watched.state.phase === 'finished') return null;
  return (
    <section class="card narrow tall first" aria-labelledby="help">
      <h2 id="help">{texts().lesson.help.heading}</h2>
      {invitation === undefined ? (
        <p class="soft">{texts().lesson.help.watchOnly}</p>
      ) : (
        <>
          <HelpButton helping={helping} />
          <Figures help={helping.help} people={watched.people} />
          <Code invitation={invitation} />
        </>
      )}
      <p class="soft">{texts().lesson.access[access]}</p>
    </section>
  );
}

/** Whether somebody was brought here to help; the button is shown then, and pressed by him alone. */
const wasInvited = isInvited();

function HelpButton({ helping }: { readonly helping: Helping }) {
  const { isHelping, cores, setHelping, setCores, setName } = helping;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (wasInvited) button.current?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <>
      <button
        type="button"
        class={wasInvited && !isHelping ? 'primary invited' : 'primary'}
        aria-pressed={isHelping}
        ref={button}
        onClick={() => setHelping(!isHelping)}
      >
        {isHelping ? texts().lesson.help.stop : texts().lesson.help.start}
      </button>
      <label>
        <span class="soft">{texts().lesson.help.cores(count(cores), count(navigator.hardwareConcurrency))}</span>
        <input
          type="range"
          min="1"
          max={navigator.hardwareConcurrency}
          value={cores}
          onInput={({ currentTarget }) => setCores(Number(currentTarget.value))}
        />
      </label>
      <NameField onName={setName} />
      <p class="soft" role="status">
        {describe(helping)}
      </p>
    </>
  );
}

function describe({ help, isHelping, power }: Helping): string {
  const words = texts().lesson.help;
  const savesData = (navigator as NavigatorWithConnection).connection?.saveData === true;
  if (isHelping && power === 'low') return words.lowBattery;
  if (help.status !== '') return help.status;
  if (isHelping) return words.connected(count(help.ids.length), count(help.workers));
  if (power === 'battery') return words.onBattery;
  return savesData ? words.savesData : texts().lesson.part.kept;
}

/** What is yours of all that was counted, whenever it was; and what this tab has answered. */
function Figures({ help, people }: { readonly help: Help; readonly people: ReadonlyMap<string, PersonView> }) {
  const { id } = identity();
  const you = id === undefined ? undefined : people.get(id);
  const answers = you === undefined ? 0 : answersIn(you);
  if (answers === 0 && help.answers === 0) return null;
  const all = [...people.values()].reduce((sum, { samples }) => sum + samples, 0);
  const share = you === undefined || all === 0 ? '–' : `${((100 * you.samples) / all).toFixed(1)} %`;
  const words = texts().lesson.part;
  return (
    <dl class="figures">
      <Figure name={words.answers} value={count(answers)} testId="counted" />
      <Figure name={words.samples} value={count(you?.samples ?? 0)} testId="samples" />
      <Figure name={words.share} value={share} testId="share" />
      <Figure name={words.gradients} value={count(you?.gradients ?? 0)} testId="gradients" />
      <Figure name={words.measured} value={count(you?.evaluations ?? 0)} testId="evaluations" />
      <Figure name={words.confirmed} value={count(you?.confirmations ?? 0)} testId="confirmations" />
      <Figure name={words.leases} value={count(help.answers)} testId="answers" />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly testId: string;
}

function Figure({ name, value, testId }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}
