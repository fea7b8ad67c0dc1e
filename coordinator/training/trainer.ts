// The trainer: the textbook loop as a state machine. Start reading here, then synchronous_steps.ts (which step comes when),
// mini_batch_task.ts (what a step sums up) and lending.ts (who computes what).
//
// It opens the tasks that its synchronisation names, lends their shards to workers, counts the answers, and goes on when a
// task is whole. Pure: events and the clock go in, commands come out; sockets, files, timers and arithmetic are the
// shell's. So the result cannot depend on who answered when: only the tree decides the order of the sums.

import type { Lease, LeaseId, WorkerId } from './lease.ts';
import { LeaseBook } from './lease_book.ts';
import { Lender, type LendingStatistics } from './lending.ts';
import type { Synchronisation } from './synchronisation.ts';
import type { Task } from './task.ts';
import type { TrainerCommand, TrainerContribution, TrainerEvent } from './trainer_messages.ts';
import { type WorkerRecord, WorkerRegistry } from './worker_registry.ts';

/** A worker with a lease may be silent for this many times the time that it was given. */
const excusedTimes = 3;

/** A task that is lent out. */
interface OpenTask {
  readonly task: Task;
  readonly book: LeaseBook;
  readonly lender: Lender;
}

/** Counts of what happened to leases since the trainer was made. */
export interface TrainerStatistics extends LendingStatistics {
  /** Answers that came when others had been counted for the whole of their shard: equal, so silent confirmations. */
  readonly confirmations: number;
  /** Answers that took the place of parts of their shard that had been lent again. */
  readonly replacements: number;
}

export class Trainer {
  readonly #synchronisation: Synchronisation;
  readonly #createBook: (units: number) => LeaseBook;
  readonly #workers = new WorkerRegistry();
  /** The tasks that are open, in the order in which they are lent out. */
  #open: OpenTask[] = [];
  #commands: TrainerCommand[] = [];
  #nextLease = 1;
  #lending: LendingStatistics = { lent: 0, late: 0, shadows: 0 };
  #confirmations = 0;
  #replacements = 0;

  /** @param createBook another lease book, for tests that break one of its rules. */
  constructor(
    synchronisation: Synchronisation,
    createBook: (units: number) => LeaseBook = (units) => new LeaseBook(units),
  ) {
    this.#synchronisation = synchronisation;
    this.#createBook = createBook;
    this.#openTasks(undefined);
  }

  /** Steps done, which is the version of the parameters. */
  get step(): number {
    return this.#synchronisation.step;
  }

  get phase(): Task['phase'] | 'finished' {
    return this.#open[0]?.task.phase ?? 'finished';
  }

  get workers(): Iterable<WorkerRecord> {
    return this.#workers.all;
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  get statistics(): TrainerStatistics {
    const lending = this.#open.map(({ lender }) => lender.statistics).reduce(addLending, this.#lending);
    return { ...lending, confirmations: this.#confirmations, replacements: this.#replacements };
  }

  /** When the next `clock` event is due, in monotonic milliseconds. */
  get nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const { book } of this.#open) {
      const deadline = book.nextDeadline;
      if (deadline !== undefined) next = Math.min(next ?? deadline, deadline);
    }
    return next;
  }

  /** Until when a computation may keep the worker silent, in monotonic milliseconds; undefined if it has no lease. */
  silenceExcusedUntil(worker: WorkerId): number | undefined {
    let until: number | undefined;
    for (const { lentAt, deadline } of this.#workers.find(worker)?.leases.values() ?? []) {
      until = Math.max(until ?? 0, lentAt + excusedTimes * (deadline - lentAt));
    }
    return until;
  }

  /** Takes one event in and returns what is to be done, in this order. */
  handle(event: TrainerEvent, now: number): readonly TrainerCommand[] {
    const idle = this.#take(event, now);
    this.#lend(now, idle);
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  /** Returns the worker that may have become idle by this. */
  #take(event: TrainerEvent, now: number): WorkerRecord | undefined {
    switch (event.type) {
      case 'worker joined':
        this.#workers.join(event.worker, event.maximumUnits);
        this.#workersChanged();
        return this.#workers.find(event.worker);
      case 'worker left':
        this.#removeWorker(event.worker);
        return undefined;
      case 'contribution':
        return this.#takeContribution(event.worker, event.contribution, now);
      case 'contribution refused':
        return this.#takeBack(event.worker, event.lease);
      case 'clock':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  /** Opens what follows a task, or begins. */
  #openTasks(done: Task | undefined): void {
    for (const task of this.#synchronisation.next(done)) {
      const book = this.#createBook(task.units);
      this.#open.push({ task, book, lender: new Lender(this.#workers, task, book, () => this.#newLeaseId()) });
    }
  }

  #newLeaseId(): LeaseId {
    const id = this.#nextLease as LeaseId;
    this.#nextLease += 1;
    return id;
  }

  #workersChanged(): void {
    for (const { lender } of this.#open) lender.workersChanged();
  }

  #removeWorker(id: WorkerId): void {
    const worker = this.#workers.find(id);
    if (worker === undefined) return;
    for (const lease of worker.leases.values()) this.#withdraw(lease);
    this.#workers.leave(id);
    this.#workersChanged();
  }

  #takeBack(workerId: WorkerId, id: LeaseId): WorkerRecord | undefined {
    const worker = this.#workers.find(workerId);
    const lease = worker?.leases.get(id);
    if (lease !== undefined) this.#withdraw(lease);
    worker?.leases.delete(id);
    this.#workersChanged();
    return worker;
  }

  #withdraw(lease: Lease): void {
    for (const { book } of this.#open) book.withdraw(lease);
  }

  #takeContribution(workerId: WorkerId, contribution: TrainerContribution, now: number): WorkerRecord {
    const worker = this.#workers.find(workerId);
    const lease = worker?.leases.get(contribution.lease);
    if (worker === undefined || lease === undefined) {
      throw new Error(`worker ${workerId} holds no lease ${contribution.lease}`);
    }
    this.#workers.answer(worker, lease, contribution.milliseconds, now);
    const open = this.#open.find(({ book }) => book.has(lease));
    if (open === undefined) this.#confirm(contribution, 'its task is over');
    else this.#settle(open, lease, contribution);
    return worker;
  }

  #settle(open: OpenTask, lease: Lease, contribution: TrainerContribution): void {
    const { task, book } = open;
    const settlement = book.settle(lease);
    if (settlement.outcome === 'superseded') {
      this.#confirm(contribution, 'others were first');
      return;
    }
    if (settlement.replacesParts) {
      this.#replacements += 1;
      this.#commands.push(...task.takeOutParts(lease.work.shard));
    }
    this.#commands.push(...task.count(lease, contribution));
    const { result } = task;
    if (result !== undefined) this.#finish(open, result);
  }

  #confirm({ gradient }: TrainerContribution, reason: string): void {
    this.#confirmations += 1;
    if (gradient !== undefined) this.#commands.push({ type: 'discard gradient', gradient, reason });
  }

  #finish(open: OpenTask, result: readonly TrainerCommand[]): void {
    const { task, book, lender } = open;
    book.retire();
    this.#lending = addLending(this.#lending, lender.statistics);
    this.#open = this.#open.filter((other) => other !== open);
    this.#commands.push(...result);
    this.#openTasks(task);
    if (this.#open.length === 0) this.#commands.push({ type: 'finished', step: this.step });
  }

  /** Free work of all open tasks first; whoever has nothing to do then shadows somebody. */
  #lend(now: number, idle: WorkerRecord | undefined): void {
    for (const { lender } of this.#open) for (const lease of lender.lend(now, idle)) this.#send(lease);
    if (idle === undefined) return;
    for (const { lender } of this.#open) {
      const lease = lender.shadow(now, idle);
      if (lease !== undefined) this.#send(lease);
    }
  }

  /** With the parameters that it needs, where the worker has others. */
  #send(lease: Lease): void {
    const { worker: id, parameters: version } = lease;
    const worker = this.#workers.find(id);
    if (worker !== undefined && worker.parameters !== version) {
      worker.parameters = version;
      this.#commands.push({ type: 'send parameters', worker: id, version });
    }
    this.#commands.push({ type: 'lend', lease });
  }
}

function addLending(one: LendingStatistics, other: LendingStatistics): LendingStatistics {
  return { lent: one.lent + other.lent, late: one.late + other.late, shadows: one.shadows + other.shadows };
}
