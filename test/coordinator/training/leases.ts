// A lease in which a test states only what it is about.

import type { Lease, LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import type { Shard } from '../../../shared/reduction/shard.ts';

export function leaseOf({
  shard = { first: 0, count: 1 },
  kind = 'gradient',
  step = 0,
  ...fields
}: Partial<Lease> & {
  readonly shard?: Shard;
  readonly kind?: Lease['work']['kind'];
  readonly step?: number;
} = {}): Lease {
  return {
    id: 1 as LeaseId,
    worker: 'any' as WorkerId,
    work: { kind, step, shard },
    parameters: step,
    samples: 10,
    isTrial: false,
    lentAt: 0,
    idleTasks: 0,
    deadline: 100,
    expectedAt: 10,
    state: 'open',
    ...fields,
  };
}
