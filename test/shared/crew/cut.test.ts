import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutWork, maximumNodes } from '../../../shared/crew/cut.ts';
import { isAlignedShard } from '../../../shared/reduction/tree.ts';

const sizes = [fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70 })] as const;

describe('cutWork', () => {
  it('gives every unit to one thread, in order, and the first threads at least as much as the others, but for a block', () => {
    fc.assert(
      fc.property(...sizes, fc.constantFrom('nodes', 'units'), (units, threads, joins) => {
        const stretches = cutWork(units, threads, joins);
        const covered = stretches.flatMap(({ first, units: length }) =>
          Array.from({ length }, (_, index) => first + index),
        );
        expect(covered).toEqual(Array.from({ length: units }, (_, index) => index));
        expect(stretches.length).toBeLessThanOrEqual(threads);
        for (const { first, units: length, parts } of stretches) {
          expect(parts.map((part) => part.first)[0]).toBe(first);
          expect(parts.reduce((sum, part) => sum + part.units, 0)).toBe(length);
          expect(length).toBeLessThanOrEqual(stretches[0]?.units ?? 0);
        }
      }),
    );
  });

  it('answers a stretch of a shard in few nodes of its tree', () => {
    fc.assert(
      fc.property(...sizes, (units, threads) => {
        for (const { parts } of cutWork(units, threads, 'nodes').slice(1)) {
          expect(parts.length).toBeLessThanOrEqual(maximumNodes);
          for (const { first, units: count } of parts) expect(isAlignedShard({ first, count }, units)).toBe(true);
        }
      }),
    );
  });

  it('halves and quarters a shard of 2^k units', () => {
    expect(cutWork(16, 2, 'nodes').map(({ parts }) => parts)).toEqual([
      [{ first: 0, units: 8 }],
      [{ first: 8, units: 8 }],
    ]);
    expect(cutWork(8, 4, 'nodes').map(({ parts }) => parts.length)).toEqual([1, 1, 1, 1]);
  });

  it('cuts an evaluation into its passes', () => {
    expect(cutWork(5, 2, 'units').map(({ first, parts }) => [first, parts.map(({ units }) => units)])).toEqual([
      [0, [1, 1, 1]],
      [3, [1, 1]],
    ]);
  });
});
