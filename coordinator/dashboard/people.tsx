// Who helps: a tile for each, in a colour of his own, which pulses when something of his counts.

import { answersIn, hueOf, type PersonView } from '../../shared/watch/people.ts';
import { count } from './format.ts';
import { displayName, identity } from './identity.ts';
import { texts } from './language.ts';

/** More would be read by nobody. */
const shown = 60;

export function isYou({ id }: PersonView): boolean {
  return id === identity().id;
}

/** Whoever is there or has given something: you first, then those who gave most. */
export function inOrder(people: ReadonlyMap<string, PersonView>): readonly PersonView[] {
  return [...people.values()]
    .filter((person) => person.workers > 0 || answersIn(person) > 0)
    .sort((one, other) => Number(isYou(other)) - Number(isYou(one)) || answersIn(other) - answersIn(one));
}

export function nameOf(person: PersonView): string {
  if (person.kind !== 'volunteer') return texts().lesson.kinds[person.kind];
  return isYou(person) ? texts().lesson.you(displayName(person)) : displayName(person);
}

/** The name beside a dot of the colour. */
export function Person({ person }: { readonly person: PersonView }) {
  return (
    <span class={person.kind === 'volunteer' ? 'person' : 'person soft'} style={{ '--hue': String(hueOf(person.id)) }}>
      <bdi>{nameOf(person)}</bdi>
    </span>
  );
}

export function People({ people }: { readonly people: ReadonlyMap<string, PersonView> }) {
  const all = inOrder(people);
  return (
    <section class="card wide" aria-labelledby="people">
      <h2 id="people">{texts().lesson.people.heading}</h2>
      {all.length === 0 && <p class="soft">{texts().lesson.people.nobody}</p>}
      <ul class="people">
        {all.slice(0, shown).map((person) => (
          <li key={person.id} class={isYou(person) ? 'you' : ''} data-person={person.id}>
            <Person person={person} />
            {/* Another element for another number: its animation begins anew. */}
            <span key={answersIn(person)} class="pulse" data-answers={answersIn(person)}>
              {texts().lesson.people.answers(count(answersIn(person)))}
            </span>
          </li>
        ))}
      </ul>
      {all.length > shown && <p class="soft">{texts().lesson.people.more(count(all.length - shown))}</p>}
    </section>
  );
}

/** Names for which a wall has room beside everything else. */
const shownOnTheWall = 18;

/** For the last row: who helps, each name pulsing when something of his counts. */
export function PeopleOnTheWall({ people }: { readonly people: ReadonlyMap<string, PersonView> }) {
  const all = inOrder(people).filter(({ kind }) => kind === 'volunteer');
  if (all.length === 0) return null;
  return (
    <ul class="people wall" aria-label={texts().lesson.people.heading}>
      {all.slice(0, shownOnTheWall).map((person) => (
        <li key={person.id} data-person={person.id}>
          <span key={answersIn(person)} class="pulse">
            <Person person={person} />
          </span>
        </li>
      ))}
      {all.length > shownOnTheWall && <li>{texts().lesson.people.more(count(all.length - shownOnTheWall))}</li>}
    </ul>
  );
}

/** What somebody is to be called, as he types it. */
export function NameField({ onName }: { readonly onName: (name: string) => void }) {
  const { name, id } = identity();
  return (
    <label class="name">
      <span class="soft">{texts().lesson.name}</span>
      <input
        type="text"
        maxLength={24}
        autocomplete="nickname"
        defaultValue={name ?? ''}
        onChange={({ currentTarget }) => onName(currentTarget.value)}
      />
      {id !== undefined && <span class="soft">{texts().lesson.nameHint(displayName({ id }))}</span>}
    </label>
  );
}
