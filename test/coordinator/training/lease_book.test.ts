import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseBook, type LeaseId, type LeaseRecord, type WorkerId } from '../../../coordinator/training/lease_book.ts';

const anna = 'anna' as WorkerId;
const ben = 'ben' as WorkerId;
let nextId = 1;

function lend(book: LeaseBook, worker: WorkerId, size: number, now = 0, patience = 100): LeaseRecord {
  const shard = book.findFree(size);
  if (shard === undefined) throw new Error('nothing is free');
  const lease: LeaseRecord = { id: nextId++ as LeaseId, worker, shard, lentAt: now, deadline: now + patience };
  book.lend(lease);
  return lease;
}

describe('LeaseBook', () => {
  it('lends aligned groups, rounded down to a power of two and cut at the right edge', () => {
    const book = new LeaseBook(7);
    expect(lend(book, anna, 3).shard).toEqual({ first: 0, count: 2 });
    expect(lend(book, anna, 4).shard).toEqual({ first: 4, count: 3 });
    expect(lend(book, anna, 4).shard).toEqual({ first: 2, count: 2 });
    expect(book.findFree(1)).toBeUndefined();
  });

  it('is complete when every unit is settled', () => {
    const book = new LeaseBook(2);
    const lease = lend(book, anna, 2);
    expect(book.complete).toBe(false);
    expect(book.settle(lease.id, anna).outcome).toBe('accepted');
    expect(book.complete).toBe(true);
  });

  it('frees the shard of a lease that is withdrawn, and only that', () => {
    const book = new LeaseBook(4);
    const lost = lend(book, anna, 2);
    const kept = lend(book, ben, 2);
    expect(book.freeUnits).toBe(0);
    book.withdraw(lost.id);
    expect(book.freeUnits).toBe(2);
    expect(book.findFree(2)).toEqual(lost.shard);
    expect(book.settle(lost.id, anna).outcome).toBe('unknown');
    expect(book.settle(kept.id, ben).outcome).toBe('accepted');
  });

  it('lends an overdue shard again; the first answer is counted, the second is superseded', () => {
    const book = new LeaseBook(1);
    const slow = lend(book, anna, 1, 0, 100);
    expect(book.expire(99)).toEqual([]);
    expect(book.expire(100)).toEqual([slow]);
    expect(book.expire(101)).toEqual([]);
    const second = lend(book, ben, 1, 100);
    expect(book.settle(slow.id, anna).outcome).toBe('accepted');
    expect(book.settle(second.id, ben).outcome).toBe('superseded');
    expect(book.complete).toBe(true);
  });

  it('lets a late shard take the place of its halves that were lent again', () => {
    const book = new LeaseBook(4);
    const whole = lend(book, anna, 4, 0, 100);
    book.expire(100);
    const [left, right] = [lend(book, ben, 2, 100), lend(book, ben, 2, 100)];
    expect(book.settle(left.id, ben)).toMatchObject({ outcome: 'accepted', replacesParts: false });
    expect(book.settle(whole.id, anna)).toMatchObject({ outcome: 'accepted', replacesParts: true });
    expect(book.complete).toBe(true);
    expect(book.settle(right.id, ben).outcome).toBe('superseded');
  });

  it('lends a shard twice, the second lease on top of the first', () => {
    const book = new LeaseBook(2);
    const first = lend(book, anna, 2);
    expect(book.isAlone(first)).toBe(true);
    book.lend({ ...first, id: 1000 as LeaseId, worker: ben });
    expect(book.isAlone(first)).toBe(false);
    book.withdraw(first.id);
    expect(book.freeUnits).toBe(0);
    book.withdraw(1000 as LeaseId);
    expect(book.freeUnits).toBe(2);
  });

  it('changes a deadline', () => {
    const book = new LeaseBook(1);
    const lease = lend(book, anna, 1, 0, 100);
    book.changeDeadline(lease.id, 10);
    expect(book.nextDeadline).toBe(10);
    expect(book.expire(10).map(({ id }) => id)).toEqual([lease.id]);
  });

  it("does not accept another worker's lease", () => {
    const book = new LeaseBook(1);
    const lease = lend(book, anna, 1);
    expect(book.settle(lease.id, ben).outcome).toBe('unknown');
    expect(book.complete).toBe(false);
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
        const settle = (lease: LeaseRecord) => {
          const settlement = book.settle(lease.id, lease.worker);
          if (settlement.outcome !== 'accepted') return;
          let before = 0;
          for (let unit = lease.shard.first; unit < lease.shard.first + lease.shard.count; unit++) {
            if (settled.has(unit)) before += 1;
            settled.add(unit);
          }
          expect(before > 0).toBe(settlement.replacesParts);
          expect(before).toBeLessThan(lease.shard.count);
        };
        actions.forEach(({ kind, worker, pick, size }, now) => {
          const out = [...book.outstanding];
          if (kind === 'lend' && book.findFree(size) !== undefined) lend(book, worker, size, now, 5);
          const picked = out[pick % Math.max(1, out.length)];
          if (kind === 'settle' && picked !== undefined) settle(picked);
          if (kind === 'leave') for (const { id } of out.filter((lease) => lease.worker === worker)) book.withdraw(id);
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
