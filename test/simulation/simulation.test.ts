// A short set of seeds; `npm run simulate -- --seeds N` runs as many as one likes.

import { beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../coordinator/training/lease.ts';
import { LeaseBook, type Settlement } from '../../coordinator/training/lease_book.ts';
import { isSameShard } from '../../shared/reduction/shard.ts';
import { SimulatedJob } from './simulated_job.ts';
import { SimulationFailure, simulate } from './simulation.ts';

let job: SimulatedJob;

beforeAll(async () => {
  job = await SimulatedJob.load();
});

describe('a simulated run', () => {
  it('ends with the bits of the reference, whatever machines, network and disk do', async () => {
    const faults = new Map<string, number>();
    for (let seed = 1; seed <= 150; seed++) {
      const report = await simulate({ seed, job });
      for (const [fault, count] of report.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
    }
    expect([...faults.keys()].sort()).toEqual([
      'NaN gradient',
      'crashed coordinator',
      'cut connection',
      'disk was full',
      'doubled frame',
      'flipped bit',
      'frozen worker',
      'full disk',
      'impossible accuracy',
      'infinite loss',
      'killed worker',
      'new worker',
      'refused rival',
      'rival',
      'silent connection',
      'slowed worker',
      'unknown lease',
      'vanished worker',
      'wrong length',
      'wrong shard',
      'wrong step',
    ]);
  });

  it('goes on with a newcomer as soon as the only worker that is known is overdue, with nothing else to wake it', async () => {
    await expect(simulate({ seed: 2413, job })).resolves.toMatchObject({ seed: 2413 });
  });

  it('is the same again from the same seed, event by event', async () => {
    for (const seed of [3, 7]) expect(await simulate({ seed, job })).toEqual(await simulate({ seed, job }));
  });

  it('goes well with a thousand workers', async () => {
    const { workers } = await simulate({ seed: 1, job, workers: 1000 });
    expect(workers).toBeGreaterThanOrEqual(1000);
  });
});

/** Lends as it should, but forgets what a worker held that left, and never looks at a deadline. */
class LosesLeases extends LeaseBook {
  override withdraw(): void {}

  override expire(): readonly Lease[] {
    return [];
  }

  override get nextDeadline(): undefined {
    return undefined;
  }
}

/** Counts an answer although another worker's was counted before. */
class CountsTwice extends LeaseBook {
  override settle(lease: Lease): Settlement {
    super.settle(lease);
    return { outcome: 'accepted', replacesParts: false };
  }
}

/** Counts a whole shard on top of those of its parts that were counted before. */
class KeepsReplacedParts extends LeaseBook {
  override settle(lease: Lease): Settlement {
    const settlement = super.settle(lease);
    return settlement.outcome === 'accepted' ? { ...settlement, replacesParts: false } : settlement;
  }
}

/** Takes an answer to a lease of the step before for the same shard of this one. */
class TakesLateAnswers extends LeaseBook {
  override has(lease: Lease): boolean {
    return super.has(lease) || this.#sameShard(lease) !== undefined;
  }

  override settle(lease: Lease): Settlement {
    return super.settle(super.has(lease) ? lease : (this.#sameShard(lease) ?? lease));
  }

  #sameShard({ work }: Lease): Lease | undefined {
    return [...this.outstanding].find((other) => isSameShard(other.work.shard, work.shard));
  }
}

describe('a lease book that breaks a rule is caught, and the seed told:', () => {
  it.each<[string, (units: number) => LeaseBook, RegExp]>([
    ['a lost lease', (units) => new LosesLeases(units), /nothing is lent|stalled|nothing can happen/],
    [
      'a double count',
      (units) => new CountsTwice(units),
      /not the reference's|exactly once|microbatches|slot|is not in use/,
    ],
    [
      'parts that stay',
      (units) => new KeepsReplacedParts(units),
      /not the reference's|exactly once|slot|gradients are held/,
    ],
    [
      'a late answer applied to the next step',
      (units) => new TakesLateAnswers(units),
      /not the reference's|has no gradient/,
    ],
  ])('%s', async (_, createLeaseBook, reason) => {
    let failure: unknown;
    for (let seed = 1; seed <= 400 && failure === undefined; seed++) {
      failure = await simulate({ seed, job, createLeaseBook }).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(failure).toBeInstanceOf(SimulationFailure);
    expect(String(failure)).toMatch(/^SimulationFailure: seed \d+: /);
    expect(String(failure)).toMatch(reason);
  });
});
