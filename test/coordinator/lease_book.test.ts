import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseBook, type LeaseId, type LeaseRecord, type WorkerId } from '../../coordinator/lease_book.ts';

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

  it('frees the leases of a worker that left, and only those', () => {
    const book = new LeaseBook(4);
    const lost = lend(book, anna, 2);
    const kept = lend(book, ben, 2);
    expect(book.withdraw(anna)).toEqual([lost]);
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

  it('settles every unit exactly once and loses none, whatever happens to the leases', () => {
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
          if (book.settle(lease.id, lease.worker).outcome !== 'accepted') return;
          for (let unit = lease.shard.first; unit < lease.shard.first + lease.shard.count; unit++) {
            expect(settled.has(unit)).toBe(false);
            settled.add(unit);
          }
        };
        actions.forEach(({ kind, worker, pick, size }, now) => {
          const out = book.outstanding;
          if (kind === 'lend' && book.findFree(size) !== undefined) lend(book, worker, size, now, 5);
          const picked = out[pick % Math.max(1, out.length)];
          if (kind === 'settle' && picked !== undefined) settle(picked);
          if (kind === 'leave') book.withdraw(worker);
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
