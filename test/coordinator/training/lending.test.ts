// What the lender decides, seen through a swarm whose workers need exactly what their pace says, in virtual time.

import { describe, expect, it } from 'vitest';
import type { Lease, LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { LeaseBook } from '../../../coordinator/training/lease_book.ts';
import { Lender, type LentTask } from '../../../coordinator/training/lending.ts';
import { type WorkerRecord, WorkerRegistry } from '../../../coordinator/training/worker_registry.ts';
import { trusted } from './joining.ts';
import { leaseOf } from './leases.ts';

const id = (name: string) => name as WorkerId;
const unitSamples = 10;

const task: LentTask = {
  kind: 'gradient',
  parameters: 0,
  unitSamples,
  largestShard: Number.POSITIVE_INFINITY,
  window: 1,
  samplesOf: ({ count }) => count * unitSamples,
  workOf: (shard) => ({ kind: 'gradient', step: 0, shard }),
};

/** Milliseconds a sample; `latency` a lease. */
interface Nature {
  perSample: number;
  latency?: number;
}

/** Lends steps of `units` microbatches to workers of given natures, and tells how long each step took. */
class Simulation {
  readonly registry = new WorkerRegistry();
  readonly natures = new Map<WorkerId, Nature>();
  readonly lent: Lease[] = [];
  now = 0;
  #nextId = 1;

  join(name: string, nature: Nature): WorkerRecord {
    this.natures.set(id(name), nature);
    return this.registry.join(trusted(name));
  }

  /** Runs one step; returns its duration. Answers that came too late stay out, and come in a later step. */
  step(units: number): number {
    const start = this.now;
    const book = new LeaseBook(units);
    const lender = new Lender(this.registry, task, book, () => this.#nextId++ as LeaseId);
    let idle: WorkerRecord | undefined;
    for (;;) {
      this.#send(lender.lend(this.now, idle));
      const next = this.#arrivals.sort((one, other) => one.at - other.at)[0];
      const deadline = book.nextDeadline ?? Number.POSITIVE_INFINITY;
      if (next === undefined && deadline === Number.POSITIVE_INFINITY) throw new Error('nothing can happen any more');
      if (next === undefined || deadline < next.at) {
        this.now = Math.max(this.now, deadline);
        idle = undefined;
        continue;
      }
      this.#arrivals.shift();
      this.now = next.at;
      idle = this.registry.find(next.lease.worker);
      if (idle === undefined) continue;
      this.registry.answer(idle, next.lease, next.computing, this.now);
      if (book.has(next.lease)) book.settle(next.lease);
      if (!book.complete) continue;
      book.retire();
      return this.now - start;
    }
  }

  readonly #arrivals: { at: number; lease: Lease; computing: number }[] = [];

  #send(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.lent.push(lease);
      const { perSample, latency = 0 } = this.natures.get(lease.worker) ?? { perSample: Number.POSITIVE_INFINITY };
      const computing = perSample * lease.samples;
      if (Number.isFinite(computing)) this.#arrivals.push({ at: this.now + latency + computing, lease, computing });
    }
  }

  /** The average duration of `count` steps. */
  steps(count: number, units: number): number {
    let sum = 0;
    for (let step = 0; step < count; step++) sum += this.step(units);
    return sum / count;
  }
}

function swarm(natures: readonly Nature[]): Simulation {
  const simulation = new Simulation();
  natures.forEach((nature, index) => {
    simulation.join(`w${index}`, nature);
  });
  return simulation;
}

const sharesOf = (leases: readonly Lease[]) => {
  const units = new Map<string, number>();
  for (const { worker, work } of leases) units.set(worker, (units.get(worker) ?? 0) + work.shard.count);
  return Object.fromEntries(units);
};

describe('Lender', () => {
  it('shares evenly while nobody is known', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 1 }]);
    simulation.step(8);
    expect(sharesOf(simulation.lent)).toEqual({ w0: 4, w1: 4 });
  });

  it('sizes shards by measured speed', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 4 }]);
    simulation.steps(20, 20);
    simulation.lent.length = 0;
    simulation.step(20);
    expect(sharesOf(simulation.lent)).toEqual({ w0: 16, w1: 4 });
  });

  it('counts what a worker needs besides computing: a far one gets less', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 1, latency: 120 }]);
    simulation.steps(20, 32);
    simulation.lent.length = 0;
    simulation.step(32);
    const shares = sharesOf(simulation.lent);
    expect(shares.w1).toBeLessThanOrEqual(13);
    expect(shares.w0).toBeGreaterThanOrEqual(19);
  });

  it.each([
    [8, 'as many microbatches as workers'],
    [32, 'a few microbatches each'],
    [64, 'many microbatches each'],
  ])('with %i microbatches (%s), one of eight workers ten times slower costs no step a quarter', (units) => {
    const seven = Array.from({ length: 7 }, () => ({ perSample: 1 }));
    const without = swarm(seven);
    const withSlow = swarm([...seven, { perSample: 10 }]);
    without.steps(20, units);
    withSlow.steps(20, units);
    expect(withSlow.steps(200, units)).toBeLessThan(1.25 * without.steps(200, units));
  });

  it('tries a worker that was left out again, one day', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 30 }]);
    simulation.steps(10, 4);
    simulation.natures.set(id('w1'), { perSample: 1 });
    simulation.lent.length = 0;
    simulation.steps(400, 4);
    expect(sharesOf(simulation.lent.slice(-20)).w1).toBeGreaterThanOrEqual(16);
  });

  it('lends again what a frozen worker holds, within little more than a step takes', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 1 }, { perSample: 1 }]);
    simulation.steps(20, 6);
    const usual = simulation.step(6);
    simulation.natures.set(id('w2'), { perSample: Number.POSITIVE_INFINITY });
    expect(simulation.step(6)).toBeLessThan(3 * usual + 60);
    expect(simulation.step(6)).toBeLessThanOrEqual(2 * usual);
  });

  it('does not wait long for a worker that is frozen before anybody was measured', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: Number.POSITIVE_INFINITY }]);
    expect(simulation.step(8)).toBeLessThan(1000);
  });

  it('halves a shard that it lends again, where two are there to take it', () => {
    const simulation = swarm([{ perSample: 1 }, { perSample: 1 }, { perSample: 1 }]);
    simulation.steps(20, 12);
    simulation.natures.set(id('w0'), { perSample: Number.POSITIVE_INFINITY });
    simulation.lent.length = 0;
    simulation.step(12);
    const [lost] = simulation.lent.filter(({ worker }) => worker === 'w0');
    if (lost === undefined) throw new Error('the frozen worker was lent something');
    const end = lost.work.shard.first + lost.work.shard.count;
    const again = simulation.lent.filter(
      ({ worker, work: { shard } }) => worker !== 'w0' && shard.first >= lost.work.shard.first && shard.first < end,
    );
    expect(again.length).toBeGreaterThan(1);
    expect(new Set(again.map(({ worker }) => worker)).size).toBe(2);
  });

  it('gives an idle worker a second lease on what will be out longest, if it can be first', () => {
    const simulation = swarm([{ perSample: 100 }]);
    simulation.steps(3, 2);
    const book = new LeaseBook(2);
    let next = 1000;
    const lender = new Lender(simulation.registry, task, book, () => next++ as LeaseId);
    expect(lender.lend(simulation.now, undefined)).toHaveLength(1);
    const quick = simulation.join('quick', { perSample: 1 });
    simulation.registry.answer(quick, leaseOf(), 10, 10);
    expect(lender.lend(simulation.now, quick)).toEqual([]);
    const shadow = lender.shadow(simulation.now, quick);
    expect(shadow).toMatchObject({ worker: 'quick', work: { shard: { first: 0, count: 2 } } });
    expect(lender.statistics).toEqual({ lent: 2, late: 0, shadows: 1 });
  });

  it('goes on when every worker is slower than anybody would have thought', () => {
    const simulation = swarm([{ perSample: 10_000 }, { perSample: 20_000 }]);
    expect(simulation.steps(5, 4)).toBeLessThan(2 * 4 * 10 * 20_000);
  });
});
