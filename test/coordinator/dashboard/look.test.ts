import { describe, expect, it } from 'vitest';
import { lookAt } from '../../../coordinator/dashboard/look.ts';

const classes = { kind: 'classes', names: ['a', 'b'], are: 'probabilities' } as const;

describe('lookAt', () => {
  it('counts which classes are taken for which, and puts the surest mistakes first', () => {
    const outputs = Float32Array.of(0.9, 0.1, 0.25, 0.75, 0.5, 0.5, 0, 1);
    expect(lookAt(classes, outputs, Float32Array.of(0, 0, 1, 0), 4)).toEqual({
      samples: 4,
      confusion: [1, 2, 1, 0],
      right: 1,
      worst: [
        { index: 3, truth: 0, given: 1, by: 1 },
        { index: 1, truth: 0, given: 1, by: 0.75 },
        { index: 2, truth: 1, given: 0, by: 0.5 },
      ],
    });
  });

  it('has the mean error of each figure, and what is furthest off', () => {
    const look = lookAt({ kind: 'figures', names: ['price'] }, Float32Array.of(1, 5), Float32Array.of(2, 8), 2);
    expect(look?.errors).toEqual([2]);
    expect(look?.worst[0]).toEqual({ index: 1, truth: 8, given: 5, by: 3 });
  });

  it('says nothing where there are no samples, or nothing to compare with', () => {
    expect(lookAt(classes, new Float32Array(0), new Float32Array(0), 0)).toBeUndefined();
    expect(lookAt({ kind: 'figures', names: ['x'] }, Float32Array.of(1), Float32Array.of(1, 2), 1)).toBeUndefined();
  });
});
