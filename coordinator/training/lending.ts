// Who is lent what, and for how long: free work is shared out so that all finish together, a late or lost shard is lent
// again, and at the tail of a task a worker with nothing to do shadows whoever will take longest. Pure.

import type { Shard } from '../../shared/reduction/shard.ts';
import { Claims } from './claims.ts';
import type { Lease, LeaseId } from './lease.ts';
import type { LeaseBook } from './lease_book.ts';
import type { Task } from './task.ts';
import { TaskExpectations } from './task_expectations.ts';
import { type Helper, planSharing, type SharingPlan, samplesUntil } from './work_sharing.ts';
import { expectedTime } from './worker_pace.ts';
import type { WorkerRecord, WorkerRegistry } from './worker_registry.ts';
import { startOf, stateOf } from './worker_state.ts';

/** What the lender needs of a task. */
export type LentTask = Pick<
  Task,
  'kind' | 'parameters' | 'unitSamples' | 'largestShard' | 'window' | 'samplesOf' | 'workOf' | 'needsTwo'
>;

/** Milliseconds that a second lease must be ahead of the first to be worth its trouble. */
const shadowMargin = 10;

/** Tasks that a worker is left out of before it is tried again. */
const patientTasks = 32;

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
  readonly #task: LentTask;
  readonly #book: LeaseBook;
  readonly #newId: () => LeaseId;
  readonly #claims: Claims;
  readonly #expectations: TaskExpectations;
  #plan: SharingPlan | undefined;
  /** Whether others than the worker just free may find something to do. */
  #reviewAll = true;
  /** No lease of the task is expected to be answered later. */
  #latestExpected = 0;
  #begun = false;
  readonly #statistics = { lent: 0, late: 0, shadows: 0 };

  /** @param claims answers to the task that are not certain yet: their units are lent to others. */
  constructor(
    workers: WorkerRegistry,
    task: LentTask,
    book: LeaseBook,
    newId: () => LeaseId,
    claims: Claims = new Claims(),
  ) {
    this.#workers = workers;
    this.#task = task;
    this.#book = book;
    this.#newId = newId;
    this.#claims = claims;
    this.#expectations = new TaskExpectations(workers, task.kind, book);
  }

  get statistics(): LendingStatistics {
    return this.#statistics;
  }

  /** To be called when workers came or went, or work was handed back. */
  workersChanged(): void {
    this.#plan = undefined;
    this.#reviewAll = true;
  }

  /** The leases of free work to be sent out now; `idle` is a worker that has just become free, if one has. */
  lend(now: number, idle: WorkerRecord | undefined): readonly Lease[] {
    const book = this.#book;
    if (book.complete || this.#workers.size === 0) return [];
    if (this.#expectations.learn()) {
      this.#plan = undefined;
      this.#latestExpected = this.#expectations.latest;
    }
    this.#expire(now);
    const lent: Lease[] = [];
    if (book.freeUnits > 0) {
      if (!this.#reviewAll && idle !== undefined && this.#workers.isAvailable(idle, this.#task.window, now))
        this.#lendTo([idle], now, lent);
      if (this.#reviewAll || lent.length === 0) this.#lendToAll(now, lent);
      // By a plan made before the latest answers all may seem too slow; by a fresh one somebody never is.
      if (lent.length === 0) {
        this.#plan = undefined;
        this.#lendToAll(now, lent);
      }
      if (lent.length === 0 && !book.isBusy) this.#lendToAnyone(now, lent);
    }
    if (!this.#begun) this.#tryLeftOut(now, lent);
    this.#tryNewcomer(now, lent);
    return lent;
  }

  #lendToAll(now: number, lent: Lease[]): void {
    this.#reviewAll = false;
    for (let window = 1; window <= this.#task.window; window++) {
      this.#lendTo(this.#inOrder(this.#workers.available(window, now)), now, lent);
    }
  }

  /** What is left may be open only to those who are too slow for the plan. */
  #lendToAnyone(now: number, lent: Lease[]): void {
    for (const worker of this.#workers.available(1, now)) {
      const shard = this.#book.findFree(
        1,
        this.#claims.unitsOpenTo(worker, this.#task.needsTwo, this.#workers.areUnrelated),
      );
      if (shard !== undefined) lent.push(this.#open(worker, shard, now));
    }
  }

  #lendTo(workers: readonly WorkerRecord[], now: number, lent: Lease[]): void {
    for (const worker of workers) {
      if (this.#book.freeUnits === 0) return;
      const lease = this.#lendFree(worker, now);
      if (lease !== undefined) lent.push(lease);
    }
  }

  #expire(now: number): void {
    for (const { worker } of this.#book.expire(now)) {
      this.#statistics.late += 1;
      this.workersChanged();
      this.#expectations.recordMissed(worker);
    }
  }

  /** Those never measured first, so that they are; then the quickest. Sorts in place. */
  #inOrder(workers: WorkerRecord[]): readonly WorkerRecord[] {
    if (!this.#expectations.areKnown) return workers;
    const { kind, unitSamples } = this.#task;
    const rank = (worker: WorkerRecord) => {
      const pace = worker.paces[kind];
      return pace === undefined ? 0 : expectedTime(pace, unitSamples);
    };
    return workers.sort((one, other) => rank(one) - rank(other));
  }

  #lendFree(worker: WorkerRecord, now: number): Lease | undefined {
    const { unitSamples, largestShard } = this.#task;
    const plan = this.#planAt(now);
    const pace = this.#expectations.paceOf(worker);
    const start = startOf(worker, now);
    if (start + expectedTime(pace, unitSamples) > plan.latestFinish) return undefined;
    const units = samplesUntil(plan, pace, start) / unitSamples;
    // What a crew has not shown yet is seen by a shard with something for each of its threads.
    const least = worker.paces[this.#task.kind] === undefined ? worker.threads : 1;
    const size = 2 ** Math.max(0, Math.round(Math.log2(Math.max(least, units))));
    const shard = this.#book.findFree(
      Math.min(size, largestShard, worker.maximumUnits),
      this.#claims.unitsOpenTo(worker, this.#task.needsTwo, this.#workers.areUnrelated),
    );
    return shard === undefined ? undefined : this.#open(worker, shard, now);
  }

  /**
   * A newcomer's first work is a second lease of what somebody else has: whether it answers, and when, and what, costs
   * the task nothing.
   */
  #tryNewcomer(now: number, lent: Lease[]): void {
    const shard = this.#workers.hasNewcomerToTry(now) ? this.#book.smallest?.work.shard : undefined;
    if (shard === undefined) return;
    const newcomer = this.#workers.takeNewcomer(now);
    if (newcomer === undefined || !this.#claims.areOpenTo(newcomer, shard.first)) return;
    lent.push(this.#open(newcomer, shard, now, true));
  }

  /**
   * Measures a worker that has long had nothing to do, for it may have become quicker: it gets a second lease, which
   * costs the task no time however slow it is. One worker a task.
   */
  #tryLeftOut(now: number, lent: Lease[]): void {
    this.#begun = true;
    const [any] = lent;
    if (any === undefined) return;
    const { shard } = any.work;
    let longest: WorkerRecord | undefined;
    for (const worker of this.#workers.available(1, now)) {
      worker.idleTasks += 1;
      if (shard.count > worker.maximumUnits) continue;
      if (worker.idleTasks >= patientTasks && worker.idleTasks > (longest?.idleTasks ?? 0)) longest = worker;
    }
    if (longest !== undefined) lent.push(this.#open(longest, shard, now));
  }

  /**
   * Lends the shard that is expected last once more, where nothing is free and a worker with nothing to do would be done
   * before the shard's holder.
   */
  shadow(now: number, worker: WorkerRecord): Lease | undefined {
    if (this.#book.complete || this.#book.freeUnits > 0 || !this.#workers.mayShadow(worker, now)) return undefined;
    const pace = this.#expectations.paceOf(worker);
    const start = now + shadowMargin;
    if (start + expectedTime(pace, this.#task.unitSamples) >= this.#latestExpected) return undefined;
    const latest = this.#book.expectedLast;
    this.#latestExpected = latest?.expectedAt ?? 0;
    if (latest === undefined || latest.work.shard.count > worker.maximumUnits) return undefined;
    if (!this.#claims.areOpenTo(worker, latest.work.shard.first)) return undefined;
    if (start + expectedTime(pace, latest.samples) >= latest.expectedAt) return undefined;
    this.#statistics.shadows += 1;
    return this.#open(worker, latest.work.shard, now);
  }

  #open(worker: WorkerRecord, shard: Shard, now: number, isTrial = false): Lease {
    const { parameters } = this.#task;
    const samples = this.#task.samplesOf(shard);
    const lease: Lease = {
      id: this.#newId(),
      worker: worker.id,
      work: this.#task.workOf(shard),
      parameters,
      samples,
      isTrial,
      lentAt: now,
      idleTasks: worker.idleTasks,
      ...this.#expectations.timesOf(worker, samples, startOf(worker, now)),
      state: 'open',
    };
    this.#expectations.note(lease);
    this.#book.lend(lease);
    worker.leases.set(lease.id, lease);
    worker.idleTasks = 0;
    if (!isTrial) this.#latestExpected = Math.max(this.#latestExpected, lease.expectedAt);
    this.#statistics.lent += 1;
    return lease;
  }

  /** The plan stays as it is while nothing changes but that work is done as it says. */
  #planAt(now: number): SharingPlan {
    if (this.#plan !== undefined && this.#plan.finishAt > now) return this.#plan;
    const { unitSamples } = this.#task;
    const helpers: Helper[] = [];
    for (const worker of this.#workers.helpers(now)) {
      if (stateOf(worker) !== 'late')
        helpers.push({ freeAt: startOf(worker, now), pace: this.#expectations.paceOf(worker) });
    }
    this.#plan = planSharing(helpers, this.#book.freeUnits * unitSamples, unitSamples, now);
    return this.#plan;
  }
}
