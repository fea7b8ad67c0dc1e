// A task that is lent out: its book and its lender, and what answers to its leases make of it. Pure.

import { isSameShard } from '../../shared/reduction/shard.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import type { Answers } from './answers.ts';
import { Claims } from './claims.ts';
import type { Lease, LeaseId, WorkerId } from './lease.ts';
import type { LeaseBook } from './lease_book.ts';
import { Lender } from './lending.ts';
import type { Task } from './task.ts';
import type { TrainerCommand, TrainerContribution } from './trainer_messages.ts';
import type { WorkerRecord, WorkerRegistry } from './worker_registry.ts';

export interface OpenTaskOptions {
  readonly task: Task;
  readonly book: LeaseBook;
  readonly workers: WorkerRegistry;
  readonly newLeaseId: () => LeaseId;
  readonly answers: Answers;
}

export class OpenTask {
  readonly task: Task;
  readonly book: LeaseBook;
  readonly lender: Lender;
  readonly #answers: Answers;
  readonly #claims = new Claims();

  constructor({ task, book, workers, newLeaseId, answers }: OpenTaskOptions) {
    this.task = task;
    this.book = book;
    this.lender = new Lender(workers, task, book, newLeaseId, this.#claims);
    this.#answers = answers;
  }

  /** Takes the answer to a lease of the task and says what is to be done with it. */
  take(worker: WorkerRecord, lease: Lease, answer: TrainerContribution): readonly TrainerCommand[] {
    const { shard } = lease.work;
    const needsTwo = this.task.needsTwo?.(shard.first) === true;
    const isCertain = !needsTwo || worker.standing === 'trusted' || this.book.isDone(shard);
    if (isCertain || this.#claims.confirm(worker, shard.first, answer)) return this.#settle(lease, answer);
    this.book.withdraw(lease); // Its units go to others, who may give the same.
    this.lender.workersChanged();
    return this.#answers.disputeAmong(lease, this.#claims.of(shard.first));
  }

  /** Forgets what a worker claimed that is gone. */
  dropClaimsOf(worker: WorkerId): void {
    this.#claims.dropOf(worker);
  }

  /** Whether it counts an answer of this worker to this work. */
  hasCounted(worker: WorkerId, { kind, step, shard }: Work): boolean {
    const { task } = this;
    if (task.kind !== kind || task.parameters !== step) return false;
    return task.counted.some((counted) => counted.worker === worker && isSameShard(counted.shard, shard));
  }

  /** Takes out all that was counted: the task can begin anew. Its leases help nobody any more. */
  undo(): readonly TrainerCommand[] {
    this.book.retire();
    return this.task.takeOutParts({ first: 0, count: this.task.units });
  }

  #settle(lease: Lease, answer: TrainerContribution): readonly TrainerCommand[] {
    const { shard } = lease.work;
    const settlement = this.book.settle(lease);
    if (settlement.outcome === 'superseded')
      return this.#answers.confirm(lease, answer, 'others were first', this.task);
    const disputes = this.#answers.disputeWithClaims(lease, answer, this.#claims.of(shard.first));
    this.#claims.settle(shard.first);
    if (!settlement.replacesParts) return [...disputes, ...this.task.count(lease, answer)];
    this.#answers.noteReplacement();
    return [...disputes, ...this.task.takeOutParts(shard), ...this.task.count(lease, answer)];
  }
}
