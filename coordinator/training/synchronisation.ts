// How the steps of a job follow one another: which tasks are open at a time, and what a finished one leads to. The trainer
// knows no more of it than this, so other ways (rounds of local steps, say) are other values.

import type { Task } from './task.ts';

export interface Synchronisation {
  /** Steps done. */
  readonly step: number;
  /** The version of the parameters as they are: it grows with the steps. */
  readonly version: number;
  /**
   * The tasks to be opened: at the start (`done` is undefined), and whenever one is done. When none is open and none
   * comes, the job is finished.
   */
  readonly next: (done: Task | undefined) => readonly Task[];
}
