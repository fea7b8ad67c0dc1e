import { describe, expect, it } from 'vitest';
import { SampleCount } from '../../../coordinator/records/sample_count.ts';

const inOrder = (step: number, { first, count }: { first: number; count: number }) =>
  Uint32Array.from({ length: count }, (_, index) => 4 * (step - 1) + first + index);

describe('SampleCount', () => {
  it('tells that every sample was used exactly once, epoch by epoch', () => {
    const count = new SampleCount(8, inOrder);
    for (let epoch = 0; epoch < 2; epoch++) {
      count.add(1, [{ first: 0, count: 4 }]);
      count.add(2, [
        { first: 2, count: 2 },
        { first: 0, count: 2 },
      ]);
      expect(count.finish()).toEqual({ samples: 8, distinct: 8, everySampleOnce: true });
    }
  });

  it('tells a sample that was left out, and one that was used twice', () => {
    const count = new SampleCount(8, inOrder);
    count.add(1, [{ first: 0, count: 4 }]);
    expect(count.finish()).toEqual({ samples: 4, distinct: 4, everySampleOnce: false });
    for (const step of [1, 1]) count.add(step, [{ first: 0, count: 4 }]);
    expect(count.finish()).toEqual({ samples: 8, distinct: 4, everySampleOnce: false });
  });
});
