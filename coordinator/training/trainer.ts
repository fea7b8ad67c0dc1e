// The trainer: the textbook loop as a state machine. Start reading here, then synchronous_steps.ts (which step comes when),
// mini_batch_task.ts (what a step sums up) and lending.ts (who computes what).
//
// It opens the tasks that its synchronisation names, lends their shards to workers, counts the answers, and goes on when a
// task is whole. Pure: events and the clock go in, commands come out; sockets, files, timers and arithmetic are the
// shell's. So the result cannot depend on who answered when: only the tree decides the order of the sums.

import type { Work } from '../../shared/work/work_kinds.ts';
import { type AnswerStatistics, Answers } from './answers.ts';
import type { Lease, LeaseId, WorkerId } from './lease.ts';
import { LeaseBook } from './lease_book.ts';
import type { LendingStatistics } from './lending.ts';
import { OpenTask } from './open_task.ts';
import type { Synchronisation } from './synchronisation.ts';
import type { Task } from './task.ts';
import type { TrainerCommand, TrainerContribution, TrainerEvent } from './trainer_messages.ts';
import { type WorkerRecord, WorkerRegistry } from './worker_registry.ts';

/** A worker with a lease may be silent for this many times the time that it was given. */
const excusedTimes = 3;

/** Counts of what happened to leases since the trainer was made. */
export interface TrainerStatistics extends LendingStatistics, AnswerStatistics {}

export class Trainer {
  readonly #synchronisation: Synchronisation;
  readonly #createBook: (units: number) => LeaseBook;
  readonly #workers = new WorkerRegistry();
  /** The tasks that are open, in the order in which they are lent out. */
  #open: OpenTask[] = [];
  #commands: TrainerCommand[] = [];
  #nextLease = 1;
  #lending: LendingStatistics = { lent: 0, late: 0, shadows: 0 };
  readonly #answers = new Answers();

  /** @param createBook another lease book, for tests that break one of its rules. */
  constructor(
    synchronisation: Synchronisation,
    createBook: (units: number) => LeaseBook = (units) => new LeaseBook(units),
  ) {
    this.#synchronisation = synchronisation;
    this.#createBook = createBook;
    this.#openTasks(undefined);
  }

  /** Steps done. */
  get step(): number {
    return this.#synchronisation.step;
  }

  /** The version of the parameters as they are. */
  get version(): number {
    return this.#synchronisation.version;
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

  get newcomerCount(): number {
    return this.#workers.newcomers;
  }

  get statistics(): TrainerStatistics {
    const lending = this.#open.map(({ lender }) => lender.statistics).reduce(addLending, this.#lending);
    return { ...lending, ...this.#answers.statistics };
  }

  /** Whether work is left that none of those who are here can make certain. */
  get needsCoordinator(): boolean {
    if (this.workerCount === 0 || this.phase !== 'evaluating') return false;
    const canBeCertain = this.#workers.hasTrusted || this.#workers.areUnrelated;
    return this.#open.some(({ book }) => book.freeUnits > 0 && (!canBeCertain || !book.isBusy));
  }

  /** When the next `clock` event is due after one that was handled at `now`; both in monotonic milliseconds. */
  nextDeadline(now: number): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const { book } of this.#open) next = Math.min(next, book.nextDeadline ?? next);
    const hasFree = this.#open.some(({ book }) => book.freeUnits > 0);
    const neededAt = hasFree ? this.#workers.newcomersNeededAt : next;
    if (neededAt > now) next = Math.min(next, neededAt);
    return Number.isFinite(next) ? next : undefined;
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
        this.#workersChanged();
        return this.#workers.join(event.worker);
      case 'worker left':
        this.#removeWorker(event.worker);
        return undefined;
      case 'contribution':
        return this.#takeContribution(event.worker, event.contribution, now);
      case 'contribution refused':
        return this.#takeBack(event.worker, event.lease);
      case 'answer disproved':
        this.#restart(event.worker, event.work);
        return undefined;
      case 'clock':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  /** Opens what follows a task, or begins. */
  #openTasks(done: Task | undefined): void {
    for (const task of this.#synchronisation.next(done)) {
      this.#commands.push(...(task.opening ?? []));
      this.#open.push(this.#lendOut(task));
    }
  }

  #lendOut(task: Task): OpenTask {
    const book = this.#createBook(task.units);
    const newLeaseId = () => this.#newLeaseId();
    return new OpenTask({ task, book, workers: this.#workers, newLeaseId, answers: this.#answers });
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
    for (const open of this.#open) open.dropClaimsOf(id);
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
    if (open === undefined) this.#takeLate(worker, lease, contribution);
    else this.#takeFor(open, worker, lease, contribution);
    return worker;
  }

  #takeLate(worker: WorkerRecord, lease: Lease, contribution: TrainerContribution): void {
    this.#commands.push(...this.#answers.confirm(lease, contribution, 'its task is over'));
    if (this.#answers.agree(lease, contribution.digest)) this.#workers.establish(worker, lease.work.kind);
  }

  #takeFor(open: OpenTask, worker: WorkerRecord, lease: Lease, contribution: TrainerContribution): void {
    this.#commands.push(...open.take(worker, lease, contribution));
    const { result } = open.task;
    if (result !== undefined) this.#finish(open, result);
  }

  #finish(open: OpenTask, result: readonly TrainerCommand[]): void {
    const { task, book, lender } = open;
    book.retire();
    this.#lending = addLending(this.#lending, lender.statistics);
    this.#open = this.#open.filter((other) => other !== open);
    this.#answers.remember(task);
    this.#commands.push(...this.#answers.takeConfirmed(), ...result);
    this.#openTasks(task);
    if (this.#open.length === 0) this.#commands.push({ type: 'finished', step: this.step });
  }

  /** Begins an open task anew that has counted a wrong answer: it may be in any sum by now. */
  #restart(worker: WorkerId, work: Work): void {
    this.#open = this.#open.map((open) => {
      if (!open.hasCounted(worker, work)) return open;
      this.#lending = addLending(this.#lending, open.lender.statistics);
      this.#commands.push(...open.undo());
      return this.#lendOut(open.task);
    });
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
