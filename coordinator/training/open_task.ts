// A task that is lent out: its book and its lender, and what answers to its leases make of it. Pure.

import { isSameShard, type Shard } from '../../shared/reduction/shard.ts';
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

interface Trial {
  readonly worker: WorkerRecord;
  readonly lease: Lease;
  readonly digest: number;
}

export class OpenTask {
  readonly task: Task;
  readonly book: LeaseBook;
  readonly lender: Lender;
  readonly #answers: Answers;
  readonly #workers: WorkerRegistry;
  readonly #claims = new Claims();
  /** Answers of newcomers that nothing was counted yet to be compared with. */
  #trials: readonly Trial[] = [];

  constructor({ task, book, workers, newLeaseId, answers }: OpenTaskOptions) {
    this.task = task;
    this.book = book;
    this.lender = new Lender(workers, task, book, newLeaseId, this.#claims);
    this.#answers = answers;
    this.#workers = workers;
  }

  /** Takes the answer to a lease of the task and says what is to be done with it. */
  take(worker: WorkerRecord, lease: Lease, answer: TrainerContribution): readonly TrainerCommand[] {
    if (lease.isTrial) return this.#takeTrial(worker, lease, answer);
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
    if (task.kind !== kind || task.workOf(shard).step !== step) return false;
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
    const claims = this.#claims.of(shard.first);
    for (const claim of claims) {
      if (claim.worker !== lease.worker && claim.answer.digest === answer.digest) {
        this.#answers.noteConfirmed(claim.worker);
      }
    }
    const claimed = this.#answers.disputeWithClaims(lease, answer, claims);
    this.#claims.settle(shard.first);
    const counted = this.#count(lease, answer, settlement.replacesParts);
    return [...claimed, ...this.#judgeTrials(shard), ...counted];
  }

  #count(lease: Lease, answer: TrainerContribution, replacesParts: boolean): readonly TrainerCommand[] {
    if (!replacesParts) return this.task.count(lease, answer);
    this.#answers.noteReplacement();
    return [...this.task.takeOutParts(lease.work.shard), ...this.task.count(lease, answer)];
  }

  /** Keeps the first answer of a newcomer until the one that is counted has come; its gradient is not needed. */
  #takeTrial(worker: WorkerRecord, lease: Lease, answer: TrainerContribution): readonly TrainerCommand[] {
    const { gradient, digest } = answer;
    this.book.withdraw(lease);
    this.#trials = [...this.#trials, { worker, lease, digest }];
    const judged = this.book.isDone(lease.work.shard) ? this.#judgeTrials(lease.work.shard) : [];
    return gradient === undefined
      ? judged
      : [...judged, { type: 'discard gradient', gradient, reason: 'it is a trial' }];
  }

  /** Compares the first answers of newcomers to a shard with the one that was counted. */
  #judgeTrials(shard: Shard): readonly TrainerCommand[] {
    if (this.#trials.length === 0) return [];
    const judged = this.#trials.filter(({ lease }) => isSameShard(lease.work.shard, shard));
    this.#trials = this.#trials.filter((trial) => !judged.includes(trial));
    return judged.flatMap(({ worker, lease, digest }) => {
      if (this.#answers.agree(lease, digest, this.task)) {
        this.#workers.establish(worker, lease.work.kind);
        this.#answers.noteConfirmed(lease.worker);
      }
      return this.#answers.disputeWithCounted(lease, digest, this.task);
    });
  }
}
