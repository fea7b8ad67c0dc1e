// What of a run is shown to whom: addresses of workers to administrators, how to join to those who may invite others.

import type { Invitation, RunState, WatchMessage } from '../../shared/watch/messages.ts';
import type { Role } from '../connections/access.ts';

/** The roles whose pages differ. */
export type Viewer = 'watcher' | 'worker' | 'administrator';

export function viewerOf(role: Role): Viewer {
  return role === 'local' ? 'worker' : role;
}

/** A message as such a viewer may see it. @param invitation for those who may pass it on. */
export function viewOf(message: WatchMessage, viewer: Viewer, invitation: Invitation): WatchMessage {
  const state = viewer === 'administrator' ? message.state : withoutAddresses(message.state);
  if (message.type === 'update') return { ...message, state };
  return { ...message, state, run: viewer === 'watcher' ? message.run : { ...message.run, invitation } };
}

function withoutAddresses(state: RunState): RunState {
  return { ...state, workers: state.workers.map(({ address: _, ...worker }) => worker) };
}
