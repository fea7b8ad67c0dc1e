import { describe, expect, it } from 'vitest';
import { SourceBuckets } from '../../../coordinator/connections/source_buckets.ts';

describe('SourceBuckets', () => {
  it('keeps a bucket for each source', () => {
    const buckets = new SourceBuckets(1, 2);
    expect(buckets.of('one').add(2, 0)).toBe(true);
    expect(buckets.of('one').add(1, 0)).toBe(false);
    expect(buckets.of('other').add(2, 0)).toBe(true);
  });

  it('forgets the one that has been quiet for longest, where there are too many', () => {
    const buckets = new SourceBuckets(1, 1);
    for (const source of ['quiet', 'busy']) buckets.of(source).add(1, 0);
    for (let index = 0; index < 9_998; index++) buckets.of(`s${index}`);
    expect(buckets.of('busy').add(1, 0)).toBe(false);
    buckets.of('one more');
    expect(buckets.of('busy').add(1, 0)).toBe(false);
    expect(buckets.of('quiet').add(1, 0)).toBe(true);
  });
});
