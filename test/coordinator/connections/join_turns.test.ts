import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinTurns } from '../../../coordinator/connections/join_turns.ts';

describe('JoinTurns', () => {
  it('lets half a second’s worth in at once, and the others one after the other', () => {
    const turns = new JoinTurns({ joins: 10 });
    const waits = Array.from({ length: 9 }, () => turns.take(5_000));
    expect(waits.map(Math.round)).toEqual([0, 0, 0, 0, 0, 100, 200, 300, 400]);
  });

  it('gives no turn that has been given before, whenever they are taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 }), (gaps) => {
        const turns = new JoinTurns({ joins: 20 });
        let now = 0;
        const at = gaps.map((gap) => {
          now += gap;
          return now + turns.take(now);
        });
        // In any second at most a second's worth and the burst.
        for (const start of at) {
          expect(at.filter((one) => one >= start && one < start + 1_000).length).toBeLessThanOrEqual(20 + 10 + 1);
        }
      }),
    );
  });

  it('has forgotten after a while how many came', () => {
    const turns = new JoinTurns({ joins: 10 });
    for (let times = 0; times < 5; times++) turns.take(0);
    expect([turns.take(500), turns.take(500)].map(Math.round)).toEqual([0, 0]);
  });
});
