// What a page and its volunteering Web Workers tell each other.

import type { Volunteer } from '../protocol/messages.ts';

export type ToVolunteer =
  | {
      readonly type: 'start';
      readonly url: string;
      readonly token?: string;
      readonly volunteer?: Volunteer;
      /** Threads that compute together, at least 1. */
      readonly threads: number;
    }
  /** Finish what is being computed, say goodbye, end. */
  | { readonly type: 'stop' };

export type FromVolunteer =
  | { readonly type: 'connected'; readonly workerId: string; readonly volunteer?: string }
  | { readonly type: 'contributed'; readonly samples: number; readonly milliseconds: number }
  /** `isStopped`: the run was stopped and will go on; nothing is wrong. */
  | {
      readonly type: 'retrying';
      readonly reason: string;
      readonly isStopped: boolean;
      readonly milliseconds: number;
    }
  | { readonly type: 'warned'; readonly reason: string }
  /** It is over, for the reason given. */
  | { readonly type: 'ended'; readonly kind: 'finished' | 'refused' | 'aborted' | 'failed'; readonly reason: string };
