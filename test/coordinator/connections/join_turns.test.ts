import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinTurns } from '../../../coordinator/connections/join_turns.ts';

describe('JoinTurns', () => {
  it('lets half a second’s worth in at once, and the others one after the other', () => {
    const turns = new JoinTurns({ joins: 10, vainJoinsPerAddress: 60 });
    const waits = Array.from({ length: 9 }, () => turns.take('10.0.0.1', 5_000));
    expect(waits.map(Math.round)).toEqual([0, 0, 0, 0, 0, 100, 200, 300, 400]);
  });

  it('gives no turn that has been given before, whenever they are taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 }), (gaps) => {
        const turns = new JoinTurns({ joins: 20, vainJoinsPerAddress: 60 });
        let now = 0;
        const at = gaps.map((gap) => {
          now += gap;
          return now + turns.take('10.0.0.1', now);
        });
        // In any second at most a second's worth and the burst.
        for (const start of at) {
          expect(at.filter((one) => one >= start && one < start + 1_000).length).toBeLessThanOrEqual(20 + 10 + 1);
        }
      }),
    );
  });

  it('has forgotten after a while how many came', () => {
    const turns = new JoinTurns({ joins: 10, vainJoinsPerAddress: 60 });
    for (let times = 0; times < 5; times++) turns.take('10.0.0.1', 0);
    expect([turns.take('10.0.0.1', 500), turns.take('10.0.0.1', 500)].map(Math.round)).toEqual([0, 0]);
  });

  it('lets those wait whose source has sent many in vain, each behind the one before, and nobody else', () => {
    const turns = new JoinTurns({ joins: 1_000, vainJoinsPerAddress: 60 });
    for (let worker = 0; worker < 29; worker++) turns.wasVain('10.0.0.1', 0);
    expect(turns.take('10.0.0.1', 0)).toBe(0);
    turns.wasVain('10.0.0.1', 0);
    expect([1, 2, 3].map(() => turns.take('::ffff:10.0.0.1', 0))).toEqual([1_000, 2_000, 3_000]);
    expect(turns.take('10.0.0.2', 0)).toBe(0);
    expect(turns.take('10.0.0.1', 5_000)).toBe(0);
  });

  it('sends away whoever would wait too long for what others of the source did not do, and says until when', () => {
    const turns = new JoinTurns({ joins: 1_000, vainJoinsPerAddress: 60 });
    for (let worker = 0; worker < 200; worker++) turns.wasVain('10.0.0.1', 0);
    expect(() => turns.take('10.0.0.1', 0)).toThrow('without having helped; come back in 61 s');
    expect(turns.take('10.0.0.1', 2_000)).toBe(59_000);
  });
});
