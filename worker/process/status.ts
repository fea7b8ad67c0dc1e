// What a worker command tells its user: one line when something changes, none while it stays the same. Pure.

import { workerLimits } from '../session/limits.ts';
import type { WorkerOutcome } from '../session/session.ts';
import type { ProcessEvent } from './processes.ts';

export interface StatusContext {
  readonly url: string;
  /** How many worker processes there are. */
  readonly workers: number;
}

export interface StatusLine {
  readonly text: string;
  /** Something that may not mend itself. */
  readonly isTrouble: boolean;
}

type WorkerStatus = { readonly name: 'connected' } | { readonly name: 'retrying'; readonly reason: string };

export class StatusLines {
  readonly #context: StatusContext;
  /** By worker process, from 0. */
  readonly #statuses = new Map<number, WorkerStatus>();

  constructor(context: StatusContext) {
    this.#context = context;
  }

  /** The line that an event is worth, if it is worth one: an outage shared by all workers is told once. */
  lineFor(worker: number, event: ProcessEvent): StatusLine | undefined {
    const { url, workers } = this.#context;
    switch (event.type) {
      case 'contributed':
        return undefined;
      case 'warned':
        return { text: `warned by ${url}: ${event.reason}`, isTrouble: true };
      case 'connected': {
        this.#statuses.set(worker, { name: 'connected' });
        const count = workers > 1 ? ` (${this.#connected()} of ${workers})` : '';
        return { text: `connected to ${url} as ${event.workerId}${count}`, isTrouble: false };
      }
      case 'retrying':
        return this.#retrying(worker, event);
      case 'crashed': {
        this.#statuses.delete(worker); // What it was does not count any more.
        const what = `worker process ${worker + 1} crashed (${event.reason})`;
        return { text: `${what}; starting it again in ${seconds(event.milliseconds)} s`, isTrouble: true };
      }
      default:
        return event satisfies never;
    }
  }

  #retrying(
    worker: number,
    { reason, welcomed, cause, limit, milliseconds }: Extract<ProcessEvent, { type: 'retrying' }>,
  ): StatusLine | undefined {
    const known = [...this.#statuses.values()].some((one) => one.name === 'retrying' && one.reason === reason);
    this.#statuses.set(worker, { name: 'retrying', reason });
    if (known) return undefined;
    if (cause === 'stopped') return { text: `${this.#context.url}: ${reason}; waiting for it`, isTrouble: false };
    const what = welcomed ? `disconnected from ${this.#context.url}` : `cannot join ${this.#context.url}`;
    const remedy = limit === undefined ? '' : ` (${workerLimits[limit].flag} allows more)`;
    return {
      text: `${what}: ${reason}${remedy}; retrying in ${seconds(milliseconds)} s, then less and less often`,
      isTrouble: !welcomed || cause !== 'connection',
    };
  }

  #connected(): number {
    return [...this.#statuses.values()].filter(({ name }) => name === 'connected').length;
  }
}

/** The last line of a worker, and whether it is a failure. */
export function describeOutcome(
  outcome: WorkerOutcome,
  url: string,
): { readonly line: string; readonly failed: boolean } {
  switch (outcome.kind) {
    case 'finished':
      return { line: `the run is finished: ${outcome.reason}`, failed: false };
    case 'aborted':
      return { line: 'stopped', failed: false };
    case 'refused':
      return { line: `refused by ${url}: ${outcome.reason}`, failed: true };
    case 'gave up':
      return { line: `gave up on ${url}: ${outcome.reason}`, failed: true };
    default:
      return outcome satisfies never;
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
