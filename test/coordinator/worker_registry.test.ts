import { describe, expect, it } from 'vitest';
import type { LeaseId, WorkerId } from '../../coordinator/lease_book.ts';
import { speedShare, WorkerRegistry } from '../../coordinator/worker_registry.ts';

const id = (name: string) => name as WorkerId;

describe('WorkerRegistry', () => {
  it('offers the unmeasured before the fast before the slow, and nobody who is busy', () => {
    const registry = new WorkerRegistry();
    const [slow, fast, busy] = ['slow', 'fast', 'busy'].map((name) => registry.join(id(name)));
    if (slow === undefined || fast === undefined || busy === undefined) throw new Error('three joined');
    registry.recordSpeed(slow, 10, 100);
    registry.recordSpeed(fast, 1000, 100);
    registry.join(id('new'));
    busy.leases.add(1 as LeaseId);
    expect(registry.available(1).map((worker) => worker.id)).toEqual(['new', 'fast', 'slow']);
  });

  it('shares work by speed; a worker not measured yet counts as average', () => {
    const registry = new WorkerRegistry();
    const [one, three] = [registry.join(id('one')), registry.join(id('three'))];
    registry.recordSpeed(one, 100, 100);
    registry.recordSpeed(three, 300, 100);
    const unknown = registry.join(id('unknown'));
    const swarm = registry.swarmSpeed();
    expect([one, three, unknown].map((worker) => speedShare(worker, swarm, 3))).toEqual([1 / 6, 3 / 6, 2 / 6]);
  });

  it('shares work evenly before anybody was measured', () => {
    const registry = new WorkerRegistry();
    const worker = registry.join(id('one'));
    registry.join(id('two'));
    expect(speedShare(worker, registry.swarmSpeed(), 2)).toBe(1 / 2);
  });

  it('follows a change of speed', () => {
    const registry = new WorkerRegistry();
    const worker = registry.join(id('one'));
    registry.recordSpeed(worker, 100, 100);
    for (let answer = 0; answer < 20; answer++) registry.recordSpeed(worker, 1000, 100);
    expect(worker.samplesPerMillisecond).toBeGreaterThan(9.9);
  });
});
