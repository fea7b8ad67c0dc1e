// What of a run is shown to whom: addresses of workers to administrators, how to join to those who may invite others, and that
// it waits to be started to those who may.

import { isThisMachine } from '../../shared/node/this_machine.ts';
import type { Invitation, RunMessage, RunState } from '../../shared/watch/messages.ts';
import type { Access } from '../connections/access.ts';
import type { Exchange } from './routes.ts';

/** Those whose pages differ. `host`: an administrator who may start the run. */
export type Viewer = 'watcher' | 'worker' | 'administrator' | 'host';

/** Whoever has the token may start a run from anywhere; where nobody is asked for one, whoever sits at the machine. */
export function viewerOf({ role, caller }: Pick<Exchange, 'role' | 'caller'>, { isOpen }: Access): Viewer {
  switch (role) {
    case 'watcher':
    case 'worker':
      return role;
    case 'local':
      return 'worker';
    case 'administrator':
      return !isOpen || isThisMachine(caller.address.replace(/^::ffff:/i, '')) ? 'host' : 'administrator';
    default:
      return role satisfies never;
  }
}

/** A message as such a viewer may see it. @param invitation for those who may pass it on. */
export function viewOf(message: RunMessage, viewer: Viewer, invitation: Invitation): RunMessage {
  const mayLook = viewer === 'administrator' || viewer === 'host';
  const state = mayLook ? message.state : withoutAddresses(message.state);
  if (message.type === 'update') return { ...message, state };
  const run = viewer === 'watcher' ? message.run : { ...message.run, invitation };
  return { ...message, state, run: viewer === 'host' ? { ...run, mayStart: true } : run };
}

function withoutAddresses(state: RunState): RunState {
  return { ...state, workers: state.workers.map(({ address: _, ...worker }) => worker) };
}
