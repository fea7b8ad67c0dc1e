import { describe, expect, it } from 'vitest';
import type { LeaseId, WorkerId } from '../../../coordinator/training/lease_book.ts';
import { type HeldLease, type Purpose, WorkerRegistry } from '../../../coordinator/training/worker_registry.ts';

const id = (name: string) => name as WorkerId;

const held = (late = false, purpose: Purpose = 'training'): HeldLease => ({
  record: { id: 1 as LeaseId, worker: id('any'), shard: { first: 0, count: 1 }, lentAt: 0, deadline: 100 },
  purpose,
  expectedAt: 10,
  late,
  idleTasks: 0,
});
const first = 1 as LeaseId;
const second = 2 as LeaseId;

describe('WorkerRegistry', () => {
  it('offers nobody who is busy, and nobody who is late', () => {
    const registry = new WorkerRegistry();
    const [, busy, late] = ['free', 'busy', 'late'].map((name) => registry.join(id(name)));
    busy?.leases.set(first, held());
    late?.leases.set(second, held(true));
    expect(registry.available(1).map((worker) => worker.id)).toEqual(['free']);
    expect(registry.available(2).map((worker) => worker.id)).toEqual(['free', 'busy']);
  });

  it('averages the paces of those that were measured, by purpose', () => {
    const registry = new WorkerRegistry();
    expect(registry.averagePace('training')).toBeUndefined();
    const [one, other] = [registry.join(id('one')), registry.join(id('other'))];
    registry.join(id('unknown'));
    one.leases.set(first, held());
    other.leases.set(second, held(true));
    registry.answer(one, first, { samples: 10, milliseconds: 20 }, 30);
    registry.answer(other, second, { samples: 10, milliseconds: 40 }, 60);
    expect(registry.averagePace('training')).toEqual({ latency: 15, perSample: 3 });
    expect(registry.averagePace('evaluation')).toBeUndefined();
  });

  it('measures a lease that waited behind another from the answer before it', () => {
    const registry = new WorkerRegistry();
    const worker = registry.join(id('one'));
    worker.leases.set(first, held(false, 'evaluation'));
    worker.leases.set(second, held(false, 'evaluation'));
    registry.answer(worker, first, { samples: 10, milliseconds: 10 }, 20);
    registry.answer(worker, second, { samples: 10, milliseconds: 10 }, 40);
    expect(worker.paces.evaluation).toMatchObject({ latency: 10, perSample: 1 });
    expect(registry.answer(worker, second, { samples: 10, milliseconds: 10 }, 60)).toBe(false);
  });
});
