import { describe, expect, it } from 'vitest';
import { computedHere } from '../../../coordinator/run/computed_here.ts';
import { availableThreads } from '../../../shared/node/cpu_quota.ts';

describe('what a machine computes of the run that it coordinates', () => {
  it('is everything, by a thread for each processor, alone or beside workers', () => {
    const threads = availableThreads();
    expect(computedHere({ ownShare: true })).toEqual({ ownShare: 'alone or beside workers', threads });
    expect(computedHere({ ownShare: true, threads: 3 })).toMatchObject({ threads: 3 });
  });

  it('is a share of one thread beside worker processes, or where others are waited for', () => {
    expect(computedHere({ ownShare: true, workers: 4 })).toEqual({
      ownShare: 'beside workers',
      workers: 4,
      threads: 1,
    });
    expect(computedHere({ ownShare: true, workers: 0, threads: 2 })).toMatchObject({ workers: 0, threads: 2 });
  });

  it('is left to worker processes where the coordinator computes nothing', () => {
    expect(computedHere({ ownShare: false })).toEqual({ ownShare: 'nothing', workers: availableThreads() });
    expect(computedHere({ ownShare: false, workers: 0 })).toEqual({ ownShare: 'nothing', workers: 0 });
  });
});
