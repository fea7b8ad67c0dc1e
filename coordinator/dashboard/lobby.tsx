// Before the run begins: how to join, fit for a wall; who has joined; and the button that starts it, for whoever may.

import { useState } from 'preact/hooks';
import type { Invitation } from '../../shared/watch/messages.ts';
import { count } from './format.ts';
import type { Helping } from './helping.ts';
import { Code } from './invited.tsx';
import { texts } from './language.ts';
import { authorization, presentedToken } from './link.ts';
import { inOrder, NameField, Person } from './people.tsx';
import type { ViewProps } from './view_header.tsx';

const words = () => texts().lesson.lobby;

export function Lobby({ watched: { run, state, people }, helping }: ViewProps) {
  const all = inOrder(people).filter(({ kind }) => kind === 'volunteer' || kind === 'anonymous');
  const there = all.reduce((sum, { kind, workers }) => sum + (kind === 'volunteer' ? 1 : workers), 0);
  return (
    <main class="lobby">
      <header>
        <h1>{run.name}</h1>
        <span class="soft">{run.description}</span>
      </header>
      <section class="card how" aria-labelledby="how">
        <h2 id="how">{words().heading}</h2>
        <Invited invitation={run.invitation} />
        <p class="soft">{texts().lesson.access[run.access]}</p>
      </section>
      <section class="card who" aria-labelledby="joined">
        <h2 id="joined">
          <span role="status" data-testid="joined">
            {there === 0 ? words().nobody : words().joined(there, count(there))}
          </span>
        </h2>
        {state.waitsFor !== undefined && <p class="soft">{words().waitsFor(count(state.waitsFor))}</p>}
        <ul class="people">
          {all.map((person) => (
            <li key={person.id} class="arrives">
              <Person person={person} />
            </li>
          ))}
        </ul>
        {run.invitation !== undefined && <Joining helping={helping} />}
        {run.mayStart === true && <Start />}
      </section>
    </main>
  );
}

function Invited({ invitation }: { readonly invitation: Invitation | undefined }) {
  if (invitation === undefined) return <p>{words().watchOnly}</p>;
  if (invitation.addresses.length === 0) return <p>{words().onlyHere}</p>;
  return (
    <>
      <p>{words().howTo}</p>
      <Code invitation={invitation} />
    </>
  );
}

function Joining({ helping }: { readonly helping: Helping }) {
  const { help, isHelping, setHelping, setName } = helping;
  const status = help.status !== '' ? help.status : help.ids.length > 0 ? words().in : words().joining;
  return (
    <div class="joining">
      <NameField onName={setName} />
      <button
        type="button"
        class={isHelping ? '' : 'primary'}
        aria-pressed={isHelping}
        onClick={() => setHelping(!isHelping)}
      >
        {isHelping ? words().leave : words().join}
      </button>
      <p role="status">{isHelping ? status : ''}</p>
    </div>
  );
}

function Start() {
  const [failure, setFailure] = useState<string>();
  const start = async () => {
    try {
      const response = await fetch('start', { method: 'POST', headers: authorization(presentedToken()) });
      setFailure(response.ok ? undefined : (await response.text()).trim());
    } catch (error) {
      setFailure(String(error));
    }
  };
  return (
    <>
      <button type="button" class="primary start" onClick={() => void start()}>
        {words().start}
      </button>
      {failure !== undefined && <p role="alert">{words().failed(failure)}</p>}
    </>
  );
}
