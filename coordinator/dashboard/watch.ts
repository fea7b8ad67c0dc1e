// The run as this page knows it: what the coordinator's events have told so far.

import type { EpochPoint, RunState, RunView, StepPoint, WatchMessage } from '../../shared/watch/messages.ts';

export interface WatchedRun {
  readonly run: RunView;
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochPoint[];
  readonly state: RunState;
}

export interface Watch {
  readonly run: WatchedRun | undefined;
  /** Whether the coordinator can be heard. */
  readonly isConnected: boolean;
}

export function apply(before: WatchedRun | undefined, message: WatchMessage): WatchedRun | undefined {
  if (message.type === 'snapshot') {
    const { run, steps, epochs, state } = message;
    return { run, steps, epochs, state };
  }
  if (before === undefined) return undefined;
  const steps = message.steps.length === 0 ? before.steps : [...before.steps, ...message.steps];
  const epochs = message.epochs.length === 0 ? before.epochs : [...before.epochs, ...message.epochs];
  return { run: before.run, steps, epochs, state: message.state };
}

/** Tells each change. EventSource comes back by itself, and then gets a new snapshot. */
export function watch(onChange: (watch: Watch) => void): () => void {
  const events = new EventSource('events');
  let current: Watch = { run: undefined, isConnected: false };
  const change = (next: Watch) => {
    current = next;
    onChange(current);
  };
  events.onmessage = ({ data }: MessageEvent<string>) => {
    change({ run: apply(current.run, JSON.parse(data) as WatchMessage), isConnected: true });
  };
  events.onerror = () => change({ ...current, isConnected: false });
  return () => events.close();
}
