import { describe, expect, it } from 'vitest';
import { erfc } from '../../../shared/engine/error_function.ts';

/** M. Abramowitz, I. Stegun, "Handbook of mathematical functions", tables 7.1 and 7.3. */
const table: readonly (readonly [x: number, value: number])[] = [
  [0, 1],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [2, 0.004677734981047266],
  [3, 2.209049699858544e-5],
  [5, 1.5374597944280349e-12],
];

describe('the complementary error function', () => {
  it('has the values of the table, on both sides', () => {
    for (const [x, value] of table) {
      expect(Math.abs(erfc(x, Math.exp) / value - 1), `at ${x}`).toBeLessThan(1e-13);
      expect(erfc(-x, Math.exp)).toBeCloseTo(2 - value, 14);
    }
  });

  it('is one function where its two ways meet', () => {
    expect(erfc(2.5 + 1e-12, Math.exp) / erfc(2.5, Math.exp)).toBeCloseTo(1, 9);
  });
});
