import { describe, expect, it } from 'vitest';
import type { Lost } from '../../../worker/session/conversation_end.ts';
import { Retries } from '../../../worker/session/retries.ts';

const lost = (fields: Partial<Lost> = {}): Lost => ({
  kind: 'lost',
  cause: 'connection',
  reason: 'gone',
  welcomed: false,
  ...fields,
});

const forEver = () => new Retries({ retryFor: Number.POSITIVE_INFINITY, now: 0 });

/** What a worker waits after each of these losses, with half of the jitter. */
function waits(losses: readonly Lost[], retries = forEver()): readonly (number | undefined)[] {
  return losses.map((each) => retries.after(each, 0, 0.5));
}

describe('retries', () => {
  it('come later each time, and soon again after a welcome', () => {
    expect(waits([lost(), lost(), lost(), lost({ welcomed: true }), lost()])).toEqual([250, 500, 1000, 250, 500]);
  });

  it.each(['violation', 'limit'] as const)('come much later after a %s, and later still if it comes again', (cause) => {
    const offence = lost({ cause, welcomed: true });
    expect(waits([offence, offence, offence])).toEqual([45_000, 90_000, 180_000]);
  });

  it('forget violations once a conversation has ended without one', () => {
    const offence = lost({ cause: 'violation', welcomed: true });
    expect(waits([offence, offence, lost(), offence, lost({ welcomed: true }), offence])).toEqual([
      45_000, 90_000, 250, 180_000, 250, 45_000,
    ]);
  });

  it('come after tens of seconds where there are too many, and not sooner than was asked', () => {
    const busy = lost({ cause: 'busy' });
    expect(waits([busy, busy])).toEqual([15_000, 30_000]);
    expect(waits([{ ...busy, retryAfter: 60_000 }])).toEqual([65_000]);
    expect(forEver().after({ ...busy, retryAfter: 60_000 }, 0, 0)).toBe(60_000);
    expect(waits([{ ...busy, retryAfter: 1_000 }])).toEqual([15_000]);
  });

  it('let nobody be made to wait for more than ten minutes and a little', () => {
    expect(waits([lost({ cause: 'busy', retryAfter: 1e12 })])).toEqual([605_000]);
  });

  it('end with the patience, after one last attempt at its end', () => {
    const retries = new Retries({ retryFor: 1000, now: 0 });
    expect(retries.after(lost(), 800, 0.5)).toBe(200);
    expect(retries.after(lost(), 1000, 0.5)).toBeUndefined();
  });

  it.each(['busy', 'violation', 'limit'] as const)(
    'end where the patience is shorter than the wait after %s',
    (cause) => {
      const retries = new Retries({ retryFor: 1000, now: 0 });
      expect(retries.after(lost({ cause, welcomed: true }), 800, 0)).toBeUndefined();
    },
  );
});
