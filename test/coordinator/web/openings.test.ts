import { describe, expect, it } from 'vitest';
import { type OpeningLimits, Openings } from '../../../coordinator/web/openings.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';

/** Openings of which each that is let in leaves its name and when that was. */
function open(limits: Partial<OpeningLimits>) {
  const clock = new ScriptedClock();
  const openings = new Openings({ openings: 1_000, openingsPerAddress: 1_000, requestSeconds: 10, ...limits }, clock);
  const log: string[] = [];
  return {
    clock,
    log,
    hasRoom: (address: string) => openings.hasRoom(address),
    come: (address: string, name: string) =>
      openings.add(address, {
        letIn: () => log.push(`${name} ${clock.now()}`),
        turnAway: () => log.push(`${name} turned away`),
      }),
    pass: (milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 50) clock.advance(50);
    },
  };
}

describe('the openings of connections', () => {
  it('of one source wait when it opened many, each behind the one before, and are refused when it opened far too many', () => {
    const { come, hasRoom, log, pass } = open({ openingsPerAddress: 1 });
    for (let opening = 0; opening < 10; opening++) come('10.0.0.1', 'early');
    expect(log).toEqual(Array(10).fill('early 0'));
    come('10.0.0.1', 'one');
    come('::ffff:10.0.0.1', 'two');
    for (let opening = 3; opening <= 6; opening++) come('10.0.0.1', `number ${opening}`);
    come('10.0.0.2', 'another');
    expect(log.slice(10)).toEqual(['number 6 turned away', 'another 0']);
    expect(['10.0.0.1', '10.0.0.2'].map(hasRoom)).toEqual([false, true]);
    pass(2_000);
    expect(log.slice(12)).toEqual(['one 1000', 'two 2000']);
  });

  it('of all take turns when they are many, a source that opened few before one that opened many', () => {
    const { come, log, pass } = open({ openings: 4 });
    for (let opening = 1; opening <= 8; opening++) come('10.0.0.1', `a${opening}`);
    expect(log).toEqual(['a1 0', 'a2 0', 'a3 0', 'a4 0']);
    come('10.0.0.2', 'b1');
    pass(1_500);
    expect(log.slice(4)).toEqual(['a5 250', 'b1 500', 'a6 750', 'a7 1000', 'a8 1250']);
  });

  it('that wait are bounded: the last of the source that has most is turned away', () => {
    const { come, log } = open({ openings: 2, requestSeconds: 2 });
    for (let opening = 1; opening <= 6; opening++) come('10.0.0.1', `a${opening}`);
    come('10.0.0.2', 'b1');
    expect(log).toEqual(['a1 0', 'a2 0', 'a6 turned away']);
  });

  it('that are closed while they wait take nobody’s turn', () => {
    const { come, log, pass } = open({ openings: 2, openingsPerAddress: 1 });
    const forget = [1, 2, 3].map((opening) => come('10.0.0.1', `a${opening}`));
    for (const one of forget) one();
    come('10.0.0.2', 'b1');
    pass(500);
    expect(log).toEqual(['a1 0', 'a2 0', 'b1 500']);
  });
});
