// The run as this page knows it: what the coordinator's events have told so far. They are read by fetch, since an
// EventSource cannot present a token.

import type {
  EpochPoint,
  RunState,
  RunView,
  StepPoint,
  WatchMessage,
  WeightsMessage,
} from '../../shared/watch/messages.ts';
import type { PersonView } from '../../shared/watch/people.ts';
import { eventsIn } from './event_stream.ts';
import { authorization, presentedToken } from './link.ts';

export interface WatchedRun {
  readonly run: RunView;
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochPoint[];
  /** By their ids. */
  readonly people: ReadonlyMap<string, PersonView>;
  readonly state: RunState;
  /** The last ones, once the coordinator that had them has ended. */
  readonly weights?: WeightsMessage;
}

/** How the page stands with the coordinator. */
export type Contact = 'connecting' | 'connected' | 'lost' | 'busy' | 'no token' | 'wrong token';

export interface Watch {
  readonly run: WatchedRun | undefined;
  readonly contact: Contact;
}

/** Milliseconds until the coordinator is asked again, and by how much these differ, lest all ask at once. */
const pause = 1_000;
const spread = 2_000;

export function apply(before: WatchedRun | undefined, message: WatchMessage): WatchedRun | undefined {
  if (message.type === 'snapshot') {
    const { run, steps, epochs, people, state } = message;
    return { run, steps, epochs, people: byId(people), state };
  }
  if (before === undefined) return undefined;
  if (message.type === 'weights') return { ...before, weights: message };
  const steps = message.steps.length === 0 ? before.steps : [...before.steps, ...message.steps];
  const epochs = message.epochs.length === 0 ? before.epochs : [...before.epochs, ...message.epochs];
  const people = message.people.length === 0 ? before.people : new Map([...before.people, ...byId(message.people)]);
  return { run: before.run, steps, epochs, people, state: message.state };
}

function byId(people: readonly PersonView[]): ReadonlyMap<string, PersonView> {
  return new Map(people.map((person) => [person.id, person]));
}

/** Tells each change. Comes back when the connection is lost, and then gets a new snapshot. */
export function watch(onChange: (watch: Watch) => void): () => void {
  const control = new AbortController();
  let current: Watch = { run: undefined, contact: 'connecting' };
  const change = (next: Partial<Watch>) => {
    if (control.signal.aborted) return;
    current = { ...current, ...next };
    onChange(current);
  };
  const onMessage = (message: WatchMessage) => change({ run: apply(current.run, message), contact: 'connected' });
  void followUntilRefused(onMessage, (contact) => change({ contact }), control.signal);
  return () => control.abort();
}

async function followUntilRefused(
  onMessage: (message: WatchMessage) => void,
  onContact: (contact: Contact) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const contact = await follow(onMessage, signal).catch(() => 'lost' as const);
    onContact(contact);
    // What was refused would be refused again.
    if (contact === 'no token' || contact === 'wrong token') return;
    await new Promise((resolve) => setTimeout(resolve, pause + spread * Math.random()));
  }
}

/** Follows the run for as long as the connection lasts: how that ended. */
async function follow(onMessage: (message: WatchMessage) => void, signal: AbortSignal): Promise<Contact> {
  const token = presentedToken();
  const response = await fetch('events', { headers: authorization(token), cache: 'no-store', signal });
  if (response.status === 401) return token === undefined ? 'no token' : 'wrong token';
  if (!response.ok || response.body === null) return 'busy';
  for await (const text of eventsIn(response.body)) onMessage(JSON.parse(text) as WatchMessage);
  return 'lost';
}
