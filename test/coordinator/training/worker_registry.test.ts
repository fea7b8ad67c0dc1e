import { describe, expect, it } from 'vitest';
import type { LeaseId } from '../../../coordinator/training/lease.ts';
import { WorkerRegistry } from '../../../coordinator/training/worker_registry.ts';
import { stateOf } from '../../../coordinator/training/worker_state.ts';
import { stranger, trusted } from './joining.ts';
import { leaseOf } from './leases.ts';

const first = 1 as LeaseId;
const second = 2 as LeaseId;

describe('WorkerRegistry', () => {
  it('offers nobody who is busy, and nobody who is late', () => {
    const registry = new WorkerRegistry();
    const [free, busy, late] = ['free', 'busy', 'late'].map((name) => registry.join(trusted(name)));
    busy?.leases.set(first, leaseOf());
    late?.leases.set(second, leaseOf({ state: 'overdue' }));
    expect([free, busy, late].map((worker) => worker && stateOf(worker))).toEqual(['idle', 'busy', 'late']);
    expect(registry.available(1, 0).map((worker) => worker.id)).toEqual(['free']);
    expect(registry.available(2, 0).map((worker) => worker.id)).toEqual(['free', 'busy']);
  });

  it('offers a newcomer only while nobody established can do the work', () => {
    const registry = new WorkerRegistry();
    const newcomer = registry.join(stranger('new'));
    expect(registry.isAvailable(newcomer, 1, 0)).toBe(true);
    const own = registry.join(trusted('own'));
    expect(registry.isAvailable(newcomer, 1, 0)).toBe(false);
    const overtaken = leaseOf({ state: 'overtaken' });
    own.leases.set(first, overtaken);
    expect(registry.isAvailable(newcomer, 1, overtaken.deadline - 1)).toBe(false);
    expect(registry.isAvailable(newcomer, 1, overtaken.deadline)).toBe(true);
    expect(registry.newcomersNeededAt).toBe(overtaken.deadline);
    registry.join(trusted('idle'));
    expect(registry.newcomersNeededAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts newcomers, until their first answer or until they leave', () => {
    const registry = new WorkerRegistry();
    const [answering, leaving] = ['one', 'other', 'third'].map((name) => registry.join(stranger(name)));
    registry.join(trusted('own'));
    expect([registry.size, registry.newcomers]).toEqual([4, 3]);
    if (answering !== undefined) registry.establish(answering, 'gradient');
    if (leaving !== undefined) registry.leave(leaving.id);
    expect([registry.size, registry.newcomers]).toEqual([3, 1]);
  });

  it('averages the paces of those that were measured, by kind of work', () => {
    const registry = new WorkerRegistry();
    expect(registry.averagePace('gradient')).toBeUndefined();
    const [one, other] = [registry.join(trusted('one')), registry.join(trusted('other'))];
    registry.join(trusted('unknown'));
    registry.answer(one, leaseOf(), 20, 30);
    registry.answer(other, leaseOf({ state: 'overdue' }), 40, 60);
    expect(registry.averagePace('gradient')).toEqual({ latency: 15, perSample: 3 });
    expect(registry.averagePace('evaluation')).toBeUndefined();
  });

  it('measures a lease that waited behind another from the answer before it', () => {
    const registry = new WorkerRegistry();
    const worker = registry.join(trusted('one'));
    const leases = [leaseOf({ id: first, kind: 'evaluation' }), leaseOf({ id: second, kind: 'evaluation' })];
    for (const lease of leases) worker.leases.set(lease.id, lease);
    leases.forEach((lease, index) => {
      registry.answer(worker, lease, 10, 20 * (index + 1));
    });
    expect(worker.paces.evaluation).toMatchObject({ latency: 10, perSample: 1 });
    expect(worker.leases.size).toBe(0);
  });
});
