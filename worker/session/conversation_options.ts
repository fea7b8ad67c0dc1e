// What a conversation is made with.

import type { Clock } from '../../shared/clock.ts';
import type { Allocate } from '../../shared/protocol/encode.ts';
import type { Hello, Lease, Welcome } from '../../shared/protocol/messages.ts';
import type { WorkerEngine } from './computation.ts';
import type { WorkerLimits } from './limits.ts';

export interface ConversationOptions {
  readonly engine: WorkerEngine;
  readonly hello: Hello;
  readonly limits: WorkerLimits;
  readonly clock: Clock;
  /** How frames are allocated; see `encodeToCoordinator`. */
  readonly allocate?: Allocate;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onContribution: (lease: Lease, milliseconds: number) => void;
  /** An answer was refused. */
  readonly onWarning: (reason: string) => void;
}
