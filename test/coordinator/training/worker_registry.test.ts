import { describe, expect, it } from 'vitest';
import type { LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { stateOf, WorkerRegistry } from '../../../coordinator/training/worker_registry.ts';
import { leaseOf } from './leases.ts';

const id = (name: string) => name as WorkerId;

const first = 1 as LeaseId;
const second = 2 as LeaseId;

describe('WorkerRegistry', () => {
  it('offers nobody who is busy, and nobody who is late', () => {
    const registry = new WorkerRegistry();
    const [free, busy, late] = ['free', 'busy', 'late'].map((name) => registry.join(id(name)));
    busy?.leases.set(first, leaseOf());
    late?.leases.set(second, leaseOf({ state: 'overdue' }));
    expect([free, busy, late].map((worker) => worker && stateOf(worker))).toEqual(['idle', 'busy', 'late']);
    expect(registry.available(1).map((worker) => worker.id)).toEqual(['free']);
    expect(registry.available(2).map((worker) => worker.id)).toEqual(['free', 'busy']);
  });

  it('averages the paces of those that were measured, by kind of work', () => {
    const registry = new WorkerRegistry();
    expect(registry.averagePace('gradient')).toBeUndefined();
    const [one, other] = [registry.join(id('one')), registry.join(id('other'))];
    registry.join(id('unknown'));
    registry.answer(one, leaseOf(), 20, 30);
    registry.answer(other, leaseOf({ state: 'overdue' }), 40, 60);
    expect(registry.averagePace('gradient')).toEqual({ latency: 15, perSample: 3 });
    expect(registry.averagePace('evaluation')).toBeUndefined();
  });

  it('measures a lease that waited behind another from the answer before it', () => {
    const registry = new WorkerRegistry();
    const worker = registry.join(id('one'));
    const leases = [leaseOf({ id: first, kind: 'evaluation' }), leaseOf({ id: second, kind: 'evaluation' })];
    for (const lease of leases) worker.leases.set(lease.id, lease);
    leases.forEach((lease, index) => {
      registry.answer(worker, lease, 10, 20 * (index + 1));
    });
    expect(worker.paces.evaluation).toMatchObject({ latency: 10, perSample: 1 });
    expect(worker.leases.size).toBe(0);
  });
});
