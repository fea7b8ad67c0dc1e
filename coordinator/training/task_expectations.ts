// What is expected of the workers in one task: by their own paces, else by the average of those that were measured. Pure.

import type { Work } from '../../shared/work/work_kinds.ts';
import type { Lease, WorkerId } from './lease.ts';
import type { LeaseBook } from './lease_book.ts';
import { type Expectation, expectedTime, strangersPatience } from './worker_pace.ts';
import type { WorkerRecord, WorkerRegistry } from './worker_registry.ts';

/** Patience with a lease while nobody's pace is known, in milliseconds; doubled each time it was too short. */
const firstPatience = 30_000;

/** Where nobody has been measured, all threads count as equal. */
const unknownPace: Expectation = { latency: 0, perSample: 1 };

export class TaskExpectations {
  readonly #workers: WorkerRegistry;
  readonly #kind: Work['kind'];
  readonly #book: LeaseBook;
  /** Of a thread. */
  #average: Expectation | undefined;
  /** Leases that were given a deadline before anybody's pace was known. */
  #undated: Lease[] = [];
  #firstPatience = firstPatience;
  #latest = 0;

  constructor(workers: WorkerRegistry, kind: Work['kind'], book: LeaseBook) {
    this.#workers = workers;
    this.#kind = kind;
    this.#book = book;
    this.#average = workers.averagePace(kind);
  }

  /** Whether anybody's pace is known. */
  get areKnown(): boolean {
    return this.#average !== undefined;
  }

  /** When the last of the leases is expected that `learn` has given a new deadline. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * Once a pace is known, those who were lent before that get no longer than that lets expect.
   * @returns whether this was the moment
   */
  learn(): boolean {
    if (this.#average !== undefined) return false;
    this.#average = this.#workers.averagePace(this.#kind);
    if (this.#average === undefined) return false;
    for (const lease of this.#undated) if (lease.state !== 'closed') this.#date(lease, this.#average);
    this.#undated = [];
    return true;
  }

  #date(lease: Lease, average: Expectation): void {
    const threads = this.#workers.find(lease.worker)?.threads ?? 1;
    const expected = expectedTime(byThreads(average, threads), lease.samples);
    lease.expectedAt = lease.lentAt + expected;
    this.#latest = Math.max(this.#latest, lease.expectedAt);
    this.#book.changeDeadline(lease, Math.min(lease.deadline, lease.lentAt + strangersPatience(expected)));
  }

  paceOf(worker: WorkerRecord): Expectation {
    return worker.paces[this.#kind] ?? byThreads(this.#average ?? unknownPace, worker.threads);
  }

  /** When the answer to a lease of so many samples is expected that the worker begins at `start`, and when it is late. */
  timesOf(worker: WorkerRecord, samples: number, start: number): Pick<Lease, 'deadline' | 'expectedAt'> {
    if (this.#average === undefined) {
      const deadline = start + this.#firstPatience;
      return { deadline, expectedAt: deadline };
    }
    const expected = expectedTime(this.paceOf(worker), samples);
    const patience = worker.paces[this.#kind]?.patience(samples) ?? strangersPatience(expected);
    return { deadline: start + patience, expectedAt: start + expected };
  }

  /** A lease that `timesOf` gave its times. */
  note(lease: Lease): void {
    if (this.#average === undefined) this.#undated.push(lease);
  }

  /** A deadline was missed: whatever is expected of the worker from now on gets more time. */
  recordMissed(worker: WorkerId): void {
    const pace = this.#workers.find(worker)?.paces[this.#kind];
    if (pace === undefined) this.#firstPatience *= 2;
    else pace.recordMissed();
  }
}

/** What so many threads take together for what one takes a time of its own. */
function byThreads(pace: Expectation, threads: number): Expectation {
  return threads === 1 ? pace : { latency: pace.latency, perSample: pace.perSample / threads };
}
