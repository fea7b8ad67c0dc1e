import { describe, expect, it } from 'vitest';
import { Claims } from '../../../coordinator/training/claims.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';

const proven = (name: string, source = name) => ({ id: name as WorkerId, source, standing: 'proven' as const });
const answer = (digest: number) => ({ samples: 1, lossSum: digest, metricSums: {}, digest });

describe('Claims', () => {
  it('are confirmed by the same answer of an unrelated worker', () => {
    const claims = new Claims();
    expect(claims.confirm(proven('one'), 3, answer(7))).toBe(false);
    expect(claims.confirm(proven('other'), 3, answer(7))).toBe(true);
  });

  it('are not confirmed by a worker of the same source, by another answer, or by another unit', () => {
    const claims = new Claims();
    claims.confirm(proven('one', 'home'), 3, answer(7));
    expect(claims.confirm(proven('two', 'home'), 3, answer(7))).toBe(false);
    expect(claims.confirm(proven('three'), 3, answer(8))).toBe(false);
    expect(claims.confirm(proven('four'), 4, answer(7))).toBe(false);
    expect(claims.of(3).map(({ worker }) => worker)).toEqual(['one', 'two', 'three']);
  });

  it('are open to whoever is trusted, and to strangers that are unrelated to all who claimed', () => {
    const claims = new Claims();
    claims.confirm(proven('one', 'home'), 3, answer(7));
    expect(claims.areOpenTo(proven('two', 'home'), 3)).toBe(false);
    expect(claims.areOpenTo(proven('two', 'home'), 4)).toBe(true);
    expect(claims.areOpenTo(proven('far'), 3)).toBe(true);
    expect(claims.areOpenTo({ ...proven('own', 'home'), standing: 'trusted' }, 3)).toBe(true);
  });

  it('are forgotten with their worker, and with their unit', () => {
    const claims = new Claims();
    claims.confirm(proven('one'), 3, answer(7));
    claims.confirm(proven('other'), 3, answer(8));
    claims.confirm(proven('one'), 4, answer(7));
    claims.dropOf('one' as WorkerId);
    expect(claims.of(3).map(({ worker }) => worker)).toEqual(['other']);
    expect(claims.of(4)).toEqual([]);
    claims.settle(3);
    expect(claims.of(3)).toEqual([]);
  });
});

describe('units that need two answers', () => {
  const needsTwo = (unit: number) => unit > 0;

  it('are open to strangers only where some are unrelated; all others always are', () => {
    const claims = new Claims();
    claims.confirm(proven('one', 'home'), 2, answer(7));
    const openTo = (worker: ReturnType<typeof proven>, areUnrelated: boolean) =>
      [0, 1, 2].filter(claims.unitsOpenTo(worker, needsTwo, areUnrelated) ?? (() => true));
    expect(openTo(proven('two', 'home'), false)).toEqual([0]);
    expect(openTo(proven('two', 'home'), true)).toEqual([0, 1]);
    expect(openTo(proven('far'), true)).toEqual([0, 1, 2]);
  });

  it('are all open to whoever is trusted, and where no unit needs two', () => {
    const claims = new Claims();
    expect(claims.unitsOpenTo({ ...proven('own'), standing: 'trusted' }, needsTwo, false)).toBeUndefined();
    expect(claims.unitsOpenTo(proven('one'), undefined, false)).toBeUndefined();
  });
});
