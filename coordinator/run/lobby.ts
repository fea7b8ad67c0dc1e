// Where workers wait until the run begins: they are connected, and nothing is lent to them yet. Pure.

import type { Contributor } from '../training/contributor.ts';
import type { WorkerId } from '../training/lease.ts';
import type { TrainerEvent } from '../training/trainer_messages.ts';
import type { JoiningWorker } from '../training/worker_registry.ts';

export interface LobbyOptions {
  /** People after whose coming the run begins by itself; it waits for somebody to say so, if left out. */
  readonly waitsFor?: number | undefined;
}

export class Lobby {
  readonly #waitsFor: number | undefined;
  readonly #workers = new Map<WorkerId, JoiningWorker>();
  /** Whose they are, where it is known. */
  readonly #contributors = new Map<WorkerId, Contributor>();
  #isOpen: boolean;

  readonly #handle: (event: TrainerEvent) => void;

  /**
   * @param options absent: the run begins at once
   * @param handle takes who joins the run, and who leaves it
   */
  constructor(options: LobbyOptions | undefined, handle: (event: TrainerEvent) => void) {
    this.#handle = handle;
    this.#isOpen = options !== undefined;
    this.#waitsFor = options?.waitsFor;
  }

  /** Whether the run has yet to begin. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** For how many people it waits, while it does. */
  get waitsFor(): number | undefined {
    return this.#isOpen ? this.#waitsFor : undefined;
  }

  /** Those who wait. */
  get workers(): Iterable<WorkerId> {
    return this.#workers.keys();
  }

  /** Keeps who joins until the run begins. */
  join(worker: JoiningWorker): void {
    if (this.#isOpen) this.#workers.set(worker.id, worker);
    else this.#handle({ type: 'worker joined', worker });
  }

  /** Says whose a worker is that has joined. @returns whether all are there who are waited for */
  introduce(worker: WorkerId, contributor: Contributor): boolean {
    if (!this.#workers.has(worker)) return false;
    this.#contributors.set(worker, contributor);
    return this.#waitsFor !== undefined && this.#people >= this.#waitsFor;
  }

  leave(worker: WorkerId): void {
    this.#contributors.delete(worker);
    if (!this.#workers.delete(worker)) this.#handle({ type: 'worker left', worker });
  }

  /** The run begins: all who waited join, in the order in which they came. @returns whether it was open */
  close(): boolean {
    if (!this.#isOpen) return false;
    const workers = [...this.#workers.values()];
    this.#isOpen = false;
    this.#workers.clear();
    this.#contributors.clear();
    for (const worker of workers) this.#handle({ type: 'worker joined', worker });
    return true;
  }

  /** The coordinator's own processes are nobody; of those that do not say whose they are, each is somebody. */
  get #people(): number {
    const people = new Set<string>();
    for (const [worker, { id, kind }] of this.#contributors) {
      if (kind === 'volunteer') people.add(id);
      if (kind === 'anonymous') people.add(worker);
    }
    return people.size;
  }
}
