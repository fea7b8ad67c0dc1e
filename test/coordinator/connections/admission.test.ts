import { describe, expect, it } from 'vitest';
import { Admission, type Place } from '../../../coordinator/connections/admission.ts';
import { limitsOf } from '../../../coordinator/connections/limits.ts';

const unlimited = {
  connections: 1_000,
  connectionsPerAddress: 1_000,
  strangers: 1_000,
  strangersPerAddress: 1_000,
  arrivals: 1_000,
  arrivalsPerAddress: 1_000,
};

function enter(admission: Admission, address = '10.0.0.1'): Place {
  const admittance = admission.enter({ address, isBrowser: false }, 0);
  if ('denial' in admittance) throw new Error(admittance.denial.reason);
  return admittance.place;
}

function refusalOf(admission: Admission, address = '10.0.0.1'): string | undefined {
  const admittance = admission.enter({ address, isBrowser: false }, 0);
  return 'denial' in admittance ? admittance.denial.reason : undefined;
}

describe('admission', () => {
  it('lets in as many connections as it may, and another once one has left', () => {
    const admission = new Admission({ ...unlimited, connections: 2 });
    enter(admission, '10.0.0.1');
    const second = enter(admission, '10.0.0.2');
    expect(refusalOf(admission, '10.0.0.3')).toBe('at most 2 connections at a time');
    second.leave();
    second.leave();
    enter(admission, '10.0.0.3');
    expect(refusalOf(admission, '10.0.0.4')).toBe('at most 2 connections at a time');
  });

  it('counts connections by their address', () => {
    const admission = new Admission({ ...unlimited, connectionsPerAddress: 1 });
    const first = enter(admission, '10.0.0.1');
    expect(refusalOf(admission, '10.0.0.1')).toBe('at most 1 connections at a time from one address');
    enter(admission, '10.0.0.2');
    first.leave();
    enter(admission, '10.0.0.1');
  });

  it.each([
    ['10.0.0.1', '::ffff:10.0.0.1', true],
    ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', true],
    ['2001:db8::1', '2001:db8:0:0:ffff::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['fe80::1', '2001::1', false],
    ['unknown', 'unknown', true],
  ])('takes %s and %s for one address: %s', (one, other, same) => {
    const admission = new Admission({ ...unlimited, connectionsPerAddress: 1 });
    enter(admission, one);
    expect(refusalOf(admission, other) !== undefined).toBe(same);
  });

  it('counts those who have not said hello until they have, or are gone', () => {
    const admission = new Admission({ ...unlimited, strangers: 2 });
    const first = enter(admission);
    const second = enter(admission);
    expect(refusalOf(admission)).toBe('at most 2 connections at a time that have not said hello');
    first.join();
    first.join();
    enter(admission);
    expect(refusalOf(admission)).toMatch(/hello/);
    first.leave();
    first.join(); // too late to count
    expect(refusalOf(admission)).toMatch(/hello/);
    second.leave();
    enter(admission);
    expect(refusalOf(admission)).toMatch(/hello/);
  });

  it('counts those from one address who have not said hello', () => {
    const admission = new Admission({ ...unlimited, strangersPerAddress: 1 });
    const first = enter(admission, '10.0.0.1');
    expect(refusalOf(admission, '10.0.0.1')).toMatch(/at a time from one address that have not said hello$/);
    enter(admission, '10.0.0.2');
    first.join();
    enter(admission, '10.0.0.1');
  });

  it('says after what time to come again', () => {
    const admission = new Admission({ ...unlimited, connections: 1 });
    const origin = { address: '10.0.0.1', isBrowser: false };
    enter(admission);
    expect(admission.enter(origin, 0)).toEqual({
      denial: { reason: 'at most 1 connections at a time', wait: 10_000 },
    });
  });

  it('lets a source wait whose connections are closed for what they did, but not its browsers with its programs', () => {
    const admission = new Admission({ ...unlimited, arrivalsPerAddress: 2 });
    const program = { address: '10.0.0.1', isBrowser: false };
    const place = enter(admission, program.address);
    for (let index = 0; index < 3; index++) place.blame(0);
    expect(admission.enter(program, 0)).toMatchObject({ denial: { wait: 21_000 } });
    expect(admission.enter({ ...program, isBrowser: true }, 0)).toHaveProperty('place');
    expect(admission.enter(program, 21_000)).toHaveProperty('place');
  });

  it('takes 1,000 connections of one address in ten seconds by the default limits, be it all at once', () => {
    const atOnce = new Admission(limitsOf());
    for (let index = 0; index < 1_000; index++) enter(atOnce, '10.0.0.1').join();
    const one = new Admission(limitsOf());
    for (let index = 0; index < 1_900; index++) {
      const admittance = one.enter({ address: '10.0.0.1', isBrowser: true }, 5 * index);
      expect('place' in admittance).toBe(true);
      if ('place' in admittance) admittance.place.join();
    }
  });
});
