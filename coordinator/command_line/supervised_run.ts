// What a supervisor and the coordinator process that it watches over tell each other.

import { onParentGone } from '../../shared/node/parent_process.ts';
import type { TrainingEvent } from '../run/training_events.ts';
import type { TrainFlags } from './train_flags.ts';

/** What a supervised coordinator trains; passed in the environment, where other users cannot read the token. */
export interface SupervisedRun {
  readonly job?: string | undefined;
  readonly flags: TrainFlags;
}

/** The environment variable that holds it, as JSON. */
export const supervisedVariable = 'GRADSWARM_SUPERVISED';

/** The port is open, and the run can be resumed from that folder. */
export interface StartedMessage {
  readonly type: 'started';
  readonly folder: string;
  readonly port?: number;
}

export type SupervisedMessage =
  | StartedMessage
  /** A checkpoint was saved. */
  | { readonly type: 'advanced' };

/** The one message of a supervisor: end the run as Ctrl-C does. */
export const stopMessage = 'stop';

/** The run that goes on where one that has started was left: its folder knows the job, and workers know its port. */
export function continuation({ flags }: SupervisedRun, { folder, port }: StartedMessage): SupervisedRun {
  const { run: _, ...kept } = flags;
  return { flags: { ...kept, resume: folder, port: port ?? flags.port } };
}

/** What a supervised process has to do with its supervisor. */
export interface SupervisorLink {
  /** To be called with each event of the run. */
  readonly follow: (event: TrainingEvent, folder: string) => void;
  /** Calls back when the run is to end, or nobody watches over it any more; perhaps more than once. */
  readonly onStop: (stop: () => void) => void;
}

/** The link of this process, which a supervisor has started. */
export function linkToSupervisor(): SupervisorLink {
  const tell = (message: SupervisedMessage) => {
    // A supervisor that is gone is told nothing; `onStop` tells of that.
    if (process.connected) process.send?.(message, () => undefined);
  };
  return {
    follow(event, folder) {
      if (event.type === 'started') tell({ type: 'started', folder, ...portOf(event) });
      else if (event.type === 'checkpoint') tell({ type: 'advanced' });
    },
    onStop(stop) {
      process.on('message', stop);
      onParentGone(stop);
    },
  };
}

function portOf({ port }: { readonly port?: number }): { readonly port?: number } {
  return port === undefined ? {} : { port };
}
