// Who is lent what, and for how long: free work is shared out so that all finish together, a late or lost shard is lent
// again, and at the tail of a task a worker with nothing to do shadows whoever will take longest. Pure.

import type { Shard } from '../../shared/protocol/messages.ts';
import type { LeaseBook, LeaseId, LeaseRecord } from './lease_book.ts';
import { type Helper, planSharing, type SharingPlan, samplesUntil } from './work_sharing.ts';
import { type Expectation, expectedTime, strangersPatience } from './worker_pace.ts';
import { type HeldLease, isLate, type Purpose, type WorkerRecord, type WorkerRegistry } from './worker_registry.ts';

/** A task to lend out: the mini-batch of a step, or an evaluation. */
export interface Task {
  readonly purpose: Purpose;
  readonly book: LeaseBook;
  /** Samples of a unit. */
  readonly unitSamples: number;
  readonly samplesOf: (shard: Shard) => number;
}

/** Patience with a lease while nobody's pace is known, in milliseconds; doubled each time it was too short. */
const firstPatience = 30_000;

/** Milliseconds that a second lease must be ahead of the first to be worth its trouble. */
const shadowMargin = 10;

/** Leases that a worker holds at once: evaluation blocks can be computed while the next one travels. */
const windows: Readonly<Record<Purpose, number>> = { training: 1, evaluation: 2 };

/** Tasks that a worker is left out of before it is tried again. */
const patientTasks = 32;

/** Where nobody has been measured, all count as equal. */
const unknownPace: Expectation = { latency: 0, perSample: 1 };

export interface LendingStatistics {
  /** Leases in all. */
  readonly lent: number;
  /** Leases whose deadline passed without an answer. */
  readonly late: number;
  /** Second leases at the tail, for shards that were not late yet. */
  readonly shadows: number;
}

export class Lender {
  readonly #workers: WorkerRegistry;
  readonly #task: Task;
  readonly #newId: () => LeaseId;
  #plan: SharingPlan | undefined;
  /** What to expect of workers without a pace of their own. */
  #average: Expectation | undefined;
  /** Whether others than the worker just free may find something to do. */
  #reviewAll = true;
  /** No lease of the task is expected to be answered later. */
  #latestExpected = 0;
  #begun = false;
  /** Leases that were given a deadline before anybody's pace was known. */
  #undated: LeaseId[] = [];
  #firstPatience = firstPatience;
  #lent = 0;
  #late = 0;
  #shadows = 0;

  constructor(workers: WorkerRegistry, task: Task, newId: () => LeaseId) {
    this.#workers = workers;
    this.#task = task;
    this.#newId = newId;
    this.#average = workers.averagePace(task.purpose);
  }

  get statistics(): LendingStatistics {
    return { lent: this.#lent, late: this.#late, shadows: this.#shadows };
  }

  /** To be called when workers came or went, or work was handed back. */
  workersChanged(): void {
    this.#plan = undefined;
    this.#reviewAll = true;
  }

  /** The leases to be sent out now; `idle` is a worker that has just become free, if one has. */
  lend(now: number, idle: WorkerRecord | undefined): readonly LeaseRecord[] {
    const { book } = this.#task;
    if (book.complete || this.#workers.size === 0) return [];
    this.#learnAverage();
    this.#expire(now);
    const lent: LeaseRecord[] = [];
    if (book.freeUnits > 0) {
      if (!this.#reviewAll && idle !== undefined && this.#isAvailable(idle)) this.#lendTo([idle], now, lent);
      if (this.#reviewAll || lent.length === 0) this.#lendToAll(now, lent);
      // By a plan made before the latest answers all may seem too slow; by a fresh one somebody never is.
      if (lent.length === 0) {
        this.#plan = undefined;
        this.#lendToAll(now, lent);
      }
    }
    if (!this.#begun) this.#tryLeftOut(now, lent);
    if (book.freeUnits === 0 && idle?.leases.size === 0) this.#shadow(idle, now, lent);
    return lent;
  }

  #isAvailable(worker: WorkerRecord): boolean {
    return worker.leases.size < windows[this.#task.purpose] && !isLate(worker);
  }

  #lendToAll(now: number, lent: LeaseRecord[]): void {
    this.#reviewAll = false;
    for (let window = 1; window <= windows[this.#task.purpose]; window++) {
      this.#lendTo(this.#inOrder(this.#workers.available(window)), now, lent);
    }
  }

  #lendTo(workers: readonly WorkerRecord[], now: number, lent: LeaseRecord[]): void {
    for (const worker of workers) {
      if (this.#task.book.freeUnits === 0) return;
      const lease = this.#lendFree(worker, now);
      if (lease !== undefined) lent.push(lease);
    }
  }

  #expire(now: number): void {
    const { book, purpose } = this.#task;
    for (const { id, worker: workerId } of book.expire(now)) {
      const worker = this.#workers.find(workerId);
      const held = worker?.leases.get(id);
      if (worker === undefined || held === undefined) continue;
      held.late = true;
      this.#late += 1;
      this.workersChanged();
      const pace = worker.paces[purpose];
      if (pace === undefined) this.#firstPatience *= 2;
      else pace.recordMissed();
    }
  }

  /** Once a pace is known, those who were lent before that get no longer than that lets expect. */
  #learnAverage(): void {
    if (this.#average !== undefined) return;
    const { book, purpose, samplesOf } = this.#task;
    this.#average = this.#workers.averagePace(purpose);
    if (this.#average === undefined) return;
    this.#plan = undefined;
    this.#latestExpected = 0;
    for (const id of this.#undated) {
      const lease = book.find(id);
      const held = lease === undefined ? undefined : this.#workers.find(lease.worker)?.leases.get(id);
      if (lease === undefined || held === undefined) continue;
      const expected = expectedTime(this.#average, samplesOf(lease.shard));
      held.expectedAt = lease.lentAt + expected;
      this.#latestExpected = Math.max(this.#latestExpected, held.expectedAt);
      book.changeDeadline(id, Math.min(lease.deadline, lease.lentAt + strangersPatience(expected)));
    }
    this.#undated = [];
  }

  /** Those never measured first, so that they are; then the quickest. Sorts in place. */
  #inOrder(workers: WorkerRecord[]): readonly WorkerRecord[] {
    if (this.#average === undefined) return workers;
    const { purpose, unitSamples } = this.#task;
    const rank = (worker: WorkerRecord) => {
      const pace = worker.paces[purpose];
      return pace === undefined ? 0 : expectedTime(pace, unitSamples);
    };
    return workers.sort((one, other) => rank(one) - rank(other));
  }

  #lendFree(worker: WorkerRecord, now: number): LeaseRecord | undefined {
    const { book, purpose, unitSamples } = this.#task;
    const plan = this.#planAt(now);
    const pace = this.#paceOf(worker);
    const start = startOf(worker, now);
    if (start + expectedTime(pace, unitSamples) > plan.latestFinish) return undefined;
    const units = samplesUntil(plan, pace, start) / unitSamples;
    const size = purpose === 'training' ? 2 ** Math.max(0, Math.round(Math.log2(Math.max(1, units)))) : 1;
    const shard = book.findFree(Math.min(size, worker.maximumUnits));
    return shard === undefined ? undefined : this.#open(worker, shard, now);
  }

  /**
   * Measures a worker that has long had nothing to do, for it may have become quicker: it gets a second lease, which
   * costs the task no time however slow it is. One worker a task.
   */
  #tryLeftOut(now: number, lent: LeaseRecord[]): void {
    this.#begun = true;
    const [any] = lent;
    if (any === undefined) return;
    let longest: WorkerRecord | undefined;
    for (const worker of this.#workers.available(1)) {
      worker.idleTasks += 1;
      if (any.shard.count > worker.maximumUnits) continue;
      if (worker.idleTasks >= patientTasks && worker.idleTasks > (longest?.idleTasks ?? 0)) longest = worker;
    }
    if (longest !== undefined) lent.push(this.#open(longest, any.shard, now));
  }

  /** Lends the shard that is expected last once more, if the worker would be done before its holder. */
  #shadow(worker: WorkerRecord, now: number, lent: LeaseRecord[]): void {
    const { unitSamples, samplesOf } = this.#task;
    const pace = this.#paceOf(worker);
    const start = now + shadowMargin;
    if (start + expectedTime(pace, unitSamples) >= this.#latestExpected) return;
    const latest = this.#expectedLast();
    this.#latestExpected = latest?.expectedAt ?? 0;
    if (latest === undefined || isLate(worker)) return;
    const { shard } = latest.record;
    if (shard.count > worker.maximumUnits) return;
    if (start + expectedTime(pace, samplesOf(shard)) >= latest.expectedAt) return;
    lent.push(this.#open(worker, shard, now));
    this.#shadows += 1;
  }

  #expectedLast(): HeldLease | undefined {
    const { book } = this.#task;
    let latest: HeldLease | undefined;
    for (const lease of book.outstanding) {
      const held = this.#workers.find(lease.worker)?.leases.get(lease.id);
      if (held === undefined || !book.isAlone(lease)) continue;
      if (latest === undefined || held.expectedAt > latest.expectedAt) latest = held;
    }
    return latest;
  }

  #open(worker: WorkerRecord, shard: Shard, now: number): LeaseRecord {
    const { book, purpose, samplesOf } = this.#task;
    const id = this.#newId();
    const samples = samplesOf(shard);
    const expected = expectedTime(this.#paceOf(worker), samples);
    const known = worker.paces[purpose] ?? this.#average;
    const patience =
      worker.paces[purpose]?.patience(samples) ?? (known ? strangersPatience(expected) : this.#firstPatience);
    const start = startOf(worker, now);
    const record: LeaseRecord = { id, worker: worker.id, shard, lentAt: now, deadline: start + patience };
    const expectedAt = known === undefined ? record.deadline : start + expected;
    if (known === undefined) this.#undated.push(id);
    book.lend(record);
    worker.leases.set(id, { record, purpose, expectedAt, late: false, idleTasks: worker.idleTasks });
    worker.idleTasks = 0;
    this.#latestExpected = Math.max(this.#latestExpected, expectedAt);
    this.#lent += 1;
    return record;
  }

  #paceOf(worker: WorkerRecord): Expectation {
    return worker.paces[this.#task.purpose] ?? this.#average ?? unknownPace;
  }

  /** The plan stays as it is while nothing changes but that work is done as it says. */
  #planAt(now: number): SharingPlan {
    if (this.#plan !== undefined && this.#plan.finishAt > now) return this.#plan;
    const { book, unitSamples } = this.#task;
    const helpers: Helper[] = [];
    for (const worker of this.#workers.all) {
      if (!isLate(worker)) helpers.push({ freeAt: startOf(worker, now), pace: this.#paceOf(worker) });
    }
    this.#plan = planSharing(helpers, book.freeUnits * unitSamples, unitSamples, now);
    return this.#plan;
  }
}

/** When the worker can begin with something new, in monotonic milliseconds. */
function startOf(worker: WorkerRecord, now: number): number {
  let start = now;
  for (const { expectedAt } of worker.leases.values()) start = Math.max(start, expectedAt);
  return start;
}
