import { describe, expect, it } from 'vitest';
import type { Contributor } from '../../../coordinator/training/contributor.ts';
import { Credit } from '../../../coordinator/training/credit.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';
import type { CountedShard } from '../../../coordinator/training/trainer_messages.ts';

const ada: Contributor = { id: 'a', kind: 'volunteer', name: 'Ada' };
const [first, second] = ['w1' as WorkerId, 'w2' as WorkerId];
const shard = (worker: WorkerId, first: number, count: number): CountedShard => ({
  worker,
  shard: { first, count },
  digest: 1,
});
const volunteer = (id: string): Contributor => ({ id, kind: 'volunteer' });
const credit = (maximum = 10) => new Credit({ microbatchSize: 5, maximum });
const partOf = (of: Credit, id: string) => of.people.find((person) => person.id === id);

describe('Credit', () => {
  it('stays with a volunteer who leaves and comes back as another worker', () => {
    const given = credit();
    given.join(first, ada);
    given.onStep(20, [shard(first, 0, 2), shard('coordinator' as WorkerId, 2, 2)]);
    given.leave(first);
    given.join(second, { ...ada, name: 'Ada L.' });
    given.onStep(20, [shard(second, 0, 4)]);
    expect(partOf(given, 'a')).toMatchObject({ name: 'Ada L.', samples: 30, gradients: 2, workers: 1 });
    expect(partOf(given, 'coordinator')).toMatchObject({ samples: 10, gradients: 1 });
  });

  it('counts evaluations and confirmations too', () => {
    const given = credit();
    given.join(first, ada);
    given.onConfirmed([[first, 3]]);
    given.onEvaluation([shard(first, 0, 1), shard(first, 1, 1)]);
    expect(partOf(given, 'a')).toMatchObject({ samples: 0, gradients: 0, evaluations: 2, confirmations: 3 });
  });

  it('counts what a worker gave to the step in which it left, and no more samples than the mini-batch has', () => {
    const given = credit();
    given.join(first, ada);
    given.leave(first);
    given.onStep(13, [shard(first, 2, 2)]);
    expect(partOf(given, 'a')).toMatchObject({ samples: 3, gradients: 1, workers: 0 });
    given.onStep(13, [shard(first, 2, 2)]);
    expect(partOf(given, 'anonymous')).toMatchObject({ samples: 3 });
  });

  it('takes all that say nothing of whose they are together', () => {
    const given = credit();
    for (const worker of [first, second]) given.join(worker, { id: 'anonymous', kind: 'anonymous' });
    given.onStep(20, [shard(first, 0, 2), shard(second, 2, 2)]);
    expect(partOf(given, 'anonymous')).toMatchObject({ samples: 20, workers: 2 });
  });

  it('tells apart only so many who have left, those who gave least together, and loses nothing of what they gave', () => {
    const given = credit(8);
    given.join('stays' as WorkerId, volunteer('stays'));
    given.join('best' as WorkerId, volunteer('best'));
    given.onStep(20, [shard('best' as WorkerId, 0, 2), shard('best' as WorkerId, 2, 2)]);
    given.leave('best' as WorkerId);
    for (let stranger = 0; stranger < 100; stranger++) {
      const worker = `s${stranger}` as WorkerId;
      given.join(worker, volunteer(worker));
      given.onStep(20, [shard(worker, 0, 4)]);
      given.leave(worker);
    }
    expect(given.people.length).toBeLessThanOrEqual(9);
    expect(partOf(given, 'best')).toMatchObject({ gradients: 2 });
    expect(partOf(given, 'stays')).toMatchObject({ workers: 1 });
    expect(given.people.reduce((sum, { samples }) => sum + samples, 0)).toBe(101 * 20);
    expect(given.takeChanged()).toBeUndefined();
  });

  it('tells who has changed, and forgets whoever came and gave nothing', () => {
    const given = credit();
    given.join(first, ada);
    given.join(second, volunteer('b'));
    expect(given.takeChanged()).toHaveLength(2);
    expect(given.takeChanged()).toEqual([]);
    given.leave(first);
    expect(given.takeChanged()).toMatchObject([{ id: 'a', workers: 0 }]);
    expect(given.people.map(({ id }) => id)).toEqual(['b']);
  });

  it('introduces each worker once', () => {
    const given = credit();
    given.join(first, ada);
    expect(given.introduce([first, second])).toEqual([[first, ada]]);
    expect(given.introduce([first])).toEqual([]);
  });
});
