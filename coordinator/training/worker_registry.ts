// The workers as the trainer sees them: what each is busy with, how fast it has been, how far it is to be trusted. Pure.

import type { Work } from '../../shared/work/work_kinds.ts';
import type { Lease, LeaseId, WorkerId } from './lease.ts';
import { type Expectation, Pace } from './worker_pace.ts';
import { canBegin, overdueAt, stateOf } from './worker_state.ts';

/** Milliseconds between the first works of two newcomers: each costs a set of parameters, and a gradient that is only compared. */
const trialInterval = 50;

export type Standing =
  /** Of the coordinator's own making: its share, its local processes. */
  | 'trusted'
  /** A stranger that has given a right answer before. */
  | 'proven'
  /** A stranger that has not: its first answer is only compared with somebody else's. */
  | 'newcomer';

/** What is known of a worker when it joins. */
export interface JoiningWorker {
  readonly id: WorkerId;
  readonly isTrusted: boolean;
  /** Where it connects from; workers of one source are taken for one person's. */
  readonly source: string;
  /** Units of the largest shard that it may be lent; absent: whatever it can do. */
  readonly maximumUnits?: number;
  /** Threads that compute a lease together; 1 if it is absent. */
  readonly threads?: number;
}

export interface WorkerRecord {
  readonly id: WorkerId;
  readonly source: string;
  /** Units of the largest shard that it may be lent. */
  readonly maximumUnits: number;
  /** Until it is measured, it is taken for as much faster than others as it has more of them. */
  readonly threads: number;
  standing: Standing;
  /** Those that it has not answered: it may still be computing them, even those that can help nobody any more. */
  readonly leases: Map<LeaseId, Lease>;
  /** By kind of work, as an evaluation does a third of the work per sample; absent until the first answer. */
  readonly paces: Partial<Record<Work['kind'], Pace>>;
  /** The version of the parameters that it was last sent; undefined before the first. */
  parameters: number | undefined;
  /** When its last answer came, in monotonic milliseconds. */
  answeredAt: number;
  /** Tasks in a row that began without anything for it. */
  idleTasks: number;
}

export class WorkerRegistry {
  readonly #workers = new Map<WorkerId, WorkerRecord>();
  /** All but the newcomers. */
  readonly #established = new Set<WorkerRecord>();
  /** Those whose first work has not been given out, or is the longest ago, come first. */
  readonly #newcomers = new Set<WorkerRecord>();
  #nextTrialAt = 0;
  /** Of strangers: how many come from each. */
  readonly #sources = new Map<string, number>();

  get size(): number {
    return this.#workers.size;
  }

  get all(): Iterable<WorkerRecord> {
    return this.#workers.values();
  }

  /** How many have not given a right answer yet. */
  get newcomers(): number {
    return this.#newcomers.size;
  }

  /** Whether strangers are here that have nothing to do with each other, as far as their addresses tell. */
  get areUnrelated(): boolean {
    return this.#sources.size > 1;
  }

  /** Whether somebody is here who is trusted. */
  get hasTrusted(): boolean {
    for (const { standing } of this.#established) if (standing === 'trusted') return true;
    return false;
  }

  /**
   * Those that free work is lent to. Newcomers are among them only while nobody else can do all of it: else a crowd that
   * joins and leaves could stop the run.
   */
  helpers(now: number): Iterable<WorkerRecord> {
    return this.#needsNewcomers(now) ? this.#workers.values() : this.#established;
  }

  #isHelper({ standing }: WorkerRecord, now: number): boolean {
    return standing !== 'newcomer' || this.#needsNewcomers(now);
  }

  /** Whether every established worker that could do everything should have answered by now, and has not. */
  #needsNewcomers(now: number): boolean {
    if (this.#newcomers.size === 0) return false;
    for (const worker of this.#established) {
      if (worker.maximumUnits === Number.POSITIVE_INFINITY && overdueAt(worker) > now) return false;
    }
    return true;
  }

  /** From when on newcomers are lent free work if nobody answers before; infinite if they will not be. */
  get newcomersNeededAt(): number {
    let at = this.#newcomers.size === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const worker of this.#established) {
      if (worker.maximumUnits === Number.POSITIVE_INFINITY) at = Math.max(at, overdueAt(worker));
    }
    return at;
  }

  join({ id, isTrusted, source, maximumUnits = Number.POSITIVE_INFINITY, threads = 1 }: JoiningWorker): WorkerRecord {
    const worker: WorkerRecord = {
      id,
      source,
      maximumUnits,
      threads,
      standing: isTrusted ? 'trusted' : 'newcomer',
      leases: new Map(),
      paces: {},
      parameters: undefined,
      answeredAt: 0,
      idleTasks: 0,
    };
    this.#workers.set(id, worker);
    (isTrusted ? this.#established : this.#newcomers).add(worker);
    if (!isTrusted) this.#countSource(source, 1);
    return worker;
  }

  leave(id: WorkerId): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.delete(id);
    this.#established.delete(worker);
    this.#newcomers.delete(worker);
    if (worker.standing !== 'trusted') this.#countSource(worker.source, -1);
  }

  #countSource(source: string, change: 1 | -1): void {
    const count = (this.#sources.get(source) ?? 0) + change;
    if (count === 0) this.#sources.delete(source);
    else this.#sources.set(source, count);
  }

  /** Whether it is time for a newcomer's first work, which is a shadow of what an established worker has. */
  hasNewcomerToTry(now: number): boolean {
    return this.#newcomers.size > 0 && now >= this.#nextTrialAt && !this.#needsNewcomers(now);
  }

  /** The newcomer that has waited longest for its first work, if it can begin; it goes to the end of the queue. */
  takeNewcomer(now: number): WorkerRecord | undefined {
    const [first] = this.#newcomers;
    if (first === undefined) return undefined;
    this.#newcomers.delete(first);
    this.#newcomers.add(first);
    if (stateOf(first) !== 'idle') return undefined;
    this.#nextTrialAt = now + trialInterval;
    return first;
  }

  /** Whether a worker that has just become free may be lent what somebody else has, to be done before that one. */
  mayShadow(worker: WorkerRecord, now: number): boolean {
    return stateOf(worker) === 'idle' && this.#isHelper(worker, now);
  }

  find(id: WorkerId): WorkerRecord | undefined {
    return this.#workers.get(id);
  }

  /** Helpers with fewer than `window` unanswered leases and none that is late: these can begin at once. */
  available(window: number, now: number): WorkerRecord[] {
    const available: WorkerRecord[] = [];
    for (const worker of this.helpers(now)) if (canBegin(worker, window)) available.push(worker);
    return available;
  }

  /** Whether this worker is one of those. */
  isAvailable(worker: WorkerRecord, window: number, now: number): boolean {
    return canBegin(worker, window) && this.#isHelper(worker, now);
  }

  /**
   * Takes the answer to a lease that the worker holds, and notes what it needed for it: from when it was lent or the
   * answer before it, whichever is later.
   * @param milliseconds what the worker says it computed
   */
  answer(worker: WorkerRecord, lease: Lease, milliseconds: number, now: number): void {
    const { work, samples, lentAt, idleTasks } = lease;
    worker.leases.delete(lease.id);
    const elapsed = now - Math.max(lentAt, worker.answeredAt);
    worker.answeredAt = now;
    if (!lease.isTrial) this.establish(worker, work.kind);
    const pace = worker.paces[work.kind];
    if (pace === undefined) worker.paces[work.kind] = Pace.ofFirst(samples, elapsed, milliseconds);
    else pace.record(samples, elapsed, milliseconds, idleTasks);
  }

  /**
   * The worker has given an answer to work of that kind that is right, as far as it can be told. Only gradients establish
   * it: whoever is honest in measurements, of which one answer is not enough anyway, may lie in what one answer is enough of.
   */
  establish(worker: WorkerRecord, kind: Work['kind']): void {
    if (kind !== 'gradient' || !this.#newcomers.has(worker)) return; // It is established already, or has left.
    worker.standing = 'proven';
    this.#newcomers.delete(worker);
    this.#established.add(worker);
  }

  /** What a thread of the measured workers takes on average; undefined while nobody has been measured. */
  averagePace(kind: Work['kind']): Expectation | undefined {
    let measured = 0;
    let latency = 0;
    let perSample = 0;
    for (const { paces, threads } of this.#established) {
      const pace = paces[kind];
      if (pace === undefined) continue;
      measured += 1;
      latency += pace.latency;
      perSample += pace.perSample * threads;
    }
    return measured === 0 ? undefined : { latency: latency / measured, perSample: perSample / measured };
  }
}
