// What a worker command tells its user: one line when something changes, none while it stays the same. Pure.

import type { WorkerEvent, WorkerOutcome } from '../session/session.ts';

export interface StatusContext {
  readonly url: string;
  /** How many worker processes there are. */
  readonly workers: number;
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
  lineFor(worker: number, event: WorkerEvent): string | undefined {
    const { url, workers } = this.#context;
    switch (event.type) {
      case 'contributed':
        return undefined;
      case 'warned':
        return `warned by ${url}: ${event.reason}`;
      case 'connected': {
        this.#statuses.set(worker, { name: 'connected' });
        const count = workers > 1 ? ` (${this.#connected()} of ${workers})` : '';
        return `connected to ${url} as ${event.workerId}${count}`;
      }
      case 'retrying': {
        const { reason } = event;
        const known = [...this.#statuses.values()].some((one) => one.name === 'retrying' && one.reason === reason);
        this.#statuses.set(worker, { name: 'retrying', reason });
        if (known) return undefined;
        const what = event.welcomed ? `disconnected from ${url}` : `cannot join ${url}`;
        return `${what}: ${reason}; retrying in ${seconds(event.milliseconds)} s, then less and less often`;
      }
      default:
        return event satisfies never;
    }
  }

  /** A worker process is gone; what it was does not count any more. */
  forget(worker: number): void {
    this.#statuses.delete(worker);
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
