import { describe, expect, it } from 'vitest';
import { Admission, type Place } from '../../../coordinator/connections/admission.ts';

const unlimited = { connections: 1_000, connectionsPerAddress: 1_000, strangers: 1_000 };

function enter(admission: Admission, address = '10.0.0.1'): Place {
  const admittance = admission.enter(address);
  if ('refusal' in admittance) throw new Error(admittance.refusal);
  return admittance.place;
}

function refusalOf(admission: Admission, address = '10.0.0.1'): string | undefined {
  const admittance = admission.enter(address);
  return 'refusal' in admittance ? admittance.refusal : undefined;
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
});
