import { describe, expect, it } from 'vitest';
import { evenMarks, logarithmicMarks, smoothed } from '../../../coordinator/dashboard/scales.ts';

describe('logarithmicMarks', () => {
  it('are 1, 2 and 5 times powers of ten', () => {
    expect(logarithmicMarks(0.04, 2.4, 8)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
  });

  it('are powers of ten alone where there are many', () => {
    expect(logarithmicMarks(0.0009, 1200, 5)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
  });

  it('are even where values are close together, so that no axis is without marks', () => {
    expect(logarithmicMarks(3.1, 3.4, 3)).toEqual([3.1, 3.2, 3.3, 3.4]);
    expect(logarithmicMarks(0.3, 0.3, 3)).toEqual([0.3]);
  });
});

describe('evenMarks', () => {
  it('are multiples of 1, 2 or 5 times a power of ten', () => {
    expect(evenMarks(0.17, 1, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(evenMarks(-12, 31, 4)).toEqual([0, 20]);
  });
});

describe('smoothed', () => {
  it('goes on with what came before, and leaves gaps', () => {
    const [first, gap, next] = smoothed([1, null, 2]);
    expect([first, gap]).toEqual([1, null]);
    expect(next).toBeCloseTo(1.08);
  });
});
