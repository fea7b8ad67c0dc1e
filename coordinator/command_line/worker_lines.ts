// What a person reads of workers that come, go or are warned. Of a crowd that comes by the hundred only some are told, or it
// would drown everything else.

import colors from 'picocolors';
import { LeakyBucket } from '../connections/leaky_bucket.ts';
import type { WorkerChange } from '../run/run_events.ts';
import type { WorkerId } from '../training/lease.ts';
import { ownWorker } from '../training/lease.ts';

/** Workers by the second whose coming and going is told; ten times as many at once. */
const toldPerSecond = 4;

export interface WorkerLinesOptions {
  /** Whether a bar shows how many workers there are, so that nobody need read who has come. */
  readonly interactive: boolean;
  /** Whether the coordinator goes on where no worker is left. */
  readonly trainsAlone: boolean;
  readonly print: (line: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class WorkerLines {
  readonly #options: WorkerLinesOptions;
  readonly #told = new LeakyBucket(toldPerSecond);
  /** Those here whose coming was not told: their going is not either. */
  readonly #untold = new Set<WorkerId>();
  /** How many have come untold since the last one that was told. */
  #passedOver = 0;

  constructor(options: WorkerLinesOptions) {
    this.#options = options;
  }

  tell(change: WorkerChange): void {
    const { interactive, print } = this.#options;
    if (change.worker === ownWorker) {
      if (!interactive) print(colors.dim(ownShareWords(change)));
    } else if (change.type === 'joined') this.#tellJoined(change);
    else if (change.type === 'left') this.#tellLeft(change);
    else print(colors.yellow(`worker ${change.worker}: an answer was refused: ${change.reason}`));
  }

  #tellJoined({ worker, kind, address, workers }: Extract<WorkerChange, { type: 'joined' }>): void {
    const { interactive, print, now } = this.#options;
    if (!this.#told.add(1, now())) {
      this.#untold.add(worker);
      this.#passedOver += 1;
      return;
    }
    const others = this.#passedOver === 0 ? '' : ` (${this.#passedOver.toLocaleString('en')} more came before)`;
    this.#passedOver = 0;
    if (!interactive)
      print(colors.dim(`worker ${worker} joined (${kind}, ${address}), ${workersText(workers)}${others}`));
  }

  #tellLeft({ worker, reason, workers }: Extract<WorkerChange, { type: 'left' }>): void {
    const { print, trainsAlone } = this.#options;
    if (!this.#untold.delete(worker))
      print(colors.dim(`worker ${worker} left (${reason}), ${workersText(workers)} on`));
    if (workers > 0) return;
    print(trainsAlone ? 'no workers: the coordinator goes on alone' : 'no workers: waiting until one connects');
  }
}

/** How many workers there are, in words. */
export function workersText(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}

function ownShareWords(change: WorkerChange): string {
  if (change.type === 'joined')
    return `the coordinator computes ${change.workers === 0 ? 'everything' : 'a share'} itself`;
  const reason = change.type === 'left' ? `: ${change.reason}` : '';
  return `the coordinator no longer computes${reason}`;
}
