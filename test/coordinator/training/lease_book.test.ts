import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lease, LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { LeaseBook } from '../../../coordinator/training/lease_book.ts';
import { leaseOf } from './leases.ts';

const anna = 'anna' as WorkerId;
const ben = 'ben' as WorkerId;
let nextId = 1;

function lend(book: LeaseBook, worker: WorkerId, size: number, now = 0, patience = 100): Lease {
  const shard = book.findFree(size);
  if (shard === undefined) throw new Error('nothing is free');
  const lease = leaseOf({ id: nextId++ as LeaseId, worker, shard, lentAt: now, deadline: now + patience });
  book.lend(lease);
  return lease;
}

describe('LeaseBook', () => {
  it('lends aligned groups, rounded down to a power of two and cut at the right edge', () => {
    const book = new LeaseBook(7);
    expect(lend(book, anna, 3).work.shard).toEqual({ first: 0, count: 2 });
    expect(lend(book, anna, 4).work.shard).toEqual({ first: 4, count: 3 });
    expect(lend(book, anna, 4).work.shard).toEqual({ first: 2, count: 2 });
    expect(book.findFree(1)).toBeUndefined();
  });

  it('gives all that is free in one piece to whoever may have any number', () => {
    for (const units of [1, 2, 7, 8, 9]) {
      expect(new LeaseBook(units).findFree(Number.POSITIVE_INFINITY)).toEqual({ first: 0, count: units });
    }
  });

  it('is complete when every unit is settled', () => {
    const book = new LeaseBook(2);
    const lease = lend(book, anna, 2);
    expect(book.complete).toBe(false);
    expect(book.settle(lease).outcome).toBe('accepted');
    expect(book.complete).toBe(true);
  });

  it('frees the shard of a lease that is withdrawn, and only that', () => {
    const book = new LeaseBook(4);
    const lost = lend(book, anna, 2);
    const kept = lend(book, ben, 2);
    expect(book.freeUnits).toBe(0);
    book.withdraw(lost);
    expect(book.freeUnits).toBe(2);
    expect(book.findFree(2)).toEqual(lost.work.shard);
    expect([lost.state, book.has(lost), book.has(kept)]).toEqual(['closed', false, true]);
    expect(book.settle(kept).outcome).toBe('accepted');
  });

  it('lends an overdue shard again; the first answer is counted, the second is superseded', () => {
    const book = new LeaseBook(1);
    const slow = lend(book, anna, 1, 0, 100);
    expect(book.expire(99)).toEqual([]);
    expect(book.expire(100)).toEqual([slow]);
    expect(book.expire(101)).toEqual([]);
    const second = lend(book, ben, 1, 100);
    expect(book.settle(slow).outcome).toBe('accepted');
    expect(book.settle(second).outcome).toBe('superseded');
    expect(book.complete).toBe(true);
  });

  it('lets a late shard take the place of its halves that were lent again', () => {
    const book = new LeaseBook(4);
    const whole = lend(book, anna, 4, 0, 100);
    book.expire(100);
    const [left, right] = [lend(book, ben, 2, 100), lend(book, ben, 2, 100)];
    expect(book.settle(left)).toMatchObject({ outcome: 'accepted', replacesParts: false });
    expect(book.settle(whole)).toMatchObject({ outcome: 'accepted', replacesParts: true });
    expect(book.complete).toBe(true);
    expect(book.settle(right).outcome).toBe('superseded');
  });

  it('lends a shard twice, the second lease on top of the first', () => {
    const book = new LeaseBook(2);
    const first = lend(book, anna, 2);
    expect(book.isAlone(first)).toBe(true);
    const second = { ...first, id: 1000 as LeaseId, worker: ben };
    book.lend(second);
    expect(book.isAlone(first)).toBe(false);
    book.withdraw(first);
    expect(book.freeUnits).toBe(0);
    book.withdraw(second);
    expect(book.freeUnits).toBe(2);
  });

  it('changes a deadline', () => {
    const book = new LeaseBook(1);
    const lease = lend(book, anna, 1, 0, 100);
    book.changeDeadline(lease, 10);
    expect(lease.deadline).toBe(10);
    expect(book.nextDeadline).toBe(10);
    expect(book.expire(10).map(({ id }) => id)).toEqual([lease.id]);
  });

  it('leaves what is out with its workers when the task is over', () => {
    const book = new LeaseBook(2);
    const [done, out] = [lend(book, anna, 1), lend(book, ben, 1)];
    book.settle(done);
    book.retire();
    expect([done.state, out.state]).toEqual(['closed', 'overtaken']);
    expect(book.has(out)).toBe(false);
  });

  it('names the next deadline among the leases that are not overdue', () => {
    const book = new LeaseBook(3);
    lend(book, anna, 1, 0, 50);
    lend(book, ben, 1, 0, 20);
    expect(book.nextDeadline).toBe(20);
    book.expire(20);
    expect(book.nextDeadline).toBe(50);
  });

  it('settles every unit once, replaced parts aside, and loses none, whatever happens to the leases', () => {
    const action = fc.record({
      kind: fc.constantFrom('lend', 'settle', 'leave', 'expire'),
      worker: fc.constantFrom(anna, ben),
      pick: fc.nat(),
      size: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(action, { maxLength: 60 }), (units, actions) => {
        const book = new LeaseBook(units);
        const settled = new Set<number>();
        const settle = (lease: Lease) => {
          const settlement = book.settle(lease);
          if (settlement.outcome !== 'accepted') return;
          let before = 0;
          for (let unit = lease.work.shard.first; unit < lease.work.shard.first + lease.work.shard.count; unit++) {
            if (settled.has(unit)) before += 1;
            settled.add(unit);
          }
          expect(before > 0).toBe(settlement.replacesParts);
          expect(before).toBeLessThan(lease.work.shard.count);
        };
        actions.forEach(({ kind, worker, pick, size }, now) => {
          const out = [...book.outstanding];
          if (kind === 'lend' && book.findFree(size) !== undefined) lend(book, worker, size, now, 5);
          const picked = out[pick % Math.max(1, out.length)];
          if (kind === 'settle' && picked !== undefined) settle(picked);
          if (kind === 'leave') for (const lease of out.filter((one) => one.worker === worker)) book.withdraw(lease);
          if (kind === 'expire') book.expire(now);
        });
        while (!book.complete) {
          book.expire(1e9);
          settle(lend(book, anna, 4));
        }
        expect(settled.size).toBe(units);
      }),
    );
  });
});
