// The engine of a session: what it refuses before it costs anything.

import { beforeAll, describe, expect, it } from 'vitest';
import { packedSamplesBytes, packSamples } from '../../../shared/data/samples.ts';
import type { AssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import type { Lease } from '../../../shared/protocol/messages.ts';
import type { WorkerEngine } from '../../../worker/session/computation.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { LimitExceeded, type WorkerLimitName, workerLimitsOf } from '../../../worker/session/limits.ts';
import { denseLayers, imageGraph, imageSamples } from '../../shared/engine/small_models.ts';
import { atOnce } from './at_once.ts';

const graph = imageGraph(denseLayers);
const job: AssignedJob = { numerics: 'portable', microbatchSize: 4, graph };

const lease: Lease = {
  type: 'lease',
  lease: 1,
  work: { kind: 'gradient', step: 0, shard: { first: 0, count: 3 } },
  parameters: 0,
  samples: 10,
  deadline: 1000,
};

function samples(count: number): Uint8Array {
  return packSamples(imageSamples(count), new Uint8Array(packedSamplesBytes(graph.inputs, count)));
}

const exceeds = (limit: WorkerLimitName) => expect.objectContaining({ constructor: LimitExceeded, limit });

let engine: WorkerEngine;
beforeAll(async () => {
  engine = await openEngine();
});

describe('the engine of a session', () => {
  it('computes a lease within its limits, and asks between microbatches', async () => {
    const computation = await engine.load(job, workerLimitsOf('tab'));
    let asked = 0;
    const answer = atOnce(
      computation.compute(lease, samples(10), () => {
        asked += 1;
      }),
    );
    expect(answer.samples).toBe(10);
    expect(answer.payload).toHaveLength(computation.parameterBytes);
    expect(asked).toBe(2);
  });

  it('refuses a graph of more nodes than it is to have, before it is looked at', async () => {
    const nodes = Array<unknown>(1001).fill(null);
    const load = engine.load({ ...job, graph: { nodes } }, workerLimitsOf('node', { nodes: 1000 }));
    await expect(load).rejects.toEqual(exceeds('nodes'));
  });

  it('refuses a model with more parameters than it is to have', async () => {
    // 36 * 5 + 5 + 5 * 3 + 3 of them.
    await engine.load(job, workerLimitsOf('node', { parameterBytes: 4 * 203 }));
    const load = engine.load(job, workerLimitsOf('node', { parameterBytes: 4 * 203 - 1 }));
    await expect(load).rejects.toEqual(exceeds('parameterBytes'));
  });

  it.each([
    ['parameters', { ...job, graph: imageGraph([{ type: 'dense', units: 2 ** 22 }, ...denseLayers]) }],
    ['activations', { ...job, microbatchSize: 2 ** 24 }],
  ])('refuses a model whose %s need more memory than it is to have', async (_, large) => {
    const limits = workerLimitsOf('node', { memoryBytes: 64 * 2 ** 20, parameterBytes: 2 ** 32 });
    await expect(engine.load(large, limits)).rejects.toEqual(exceeds('memoryBytes'));
  });

  it('refuses a lease whose samples need more memory than is left', async () => {
    const computation = await engine.load(job, workerLimitsOf('node', { memoryBytes: 2 ** 20 }));
    const compute = () => computation.compute({ ...lease, samples: 50_000 }, samples(50_000), () => undefined);
    expect(compute).toThrow(exceeds('memoryBytes'));
    expect(atOnce(computation.compute(lease, samples(10), () => undefined)).samples).toBe(10);
  });

  it('refuses a lease that is more arithmetic than it is to do', async () => {
    const computation = await engine.load(job, workerLimitsOf('node', { leaseOperations: 1e6 }));
    expect(() => computation.compute({ ...lease, samples: 1000 }, samples(1000), () => undefined)).toThrow(
      exceeds('leaseOperations'),
    );
    expect(atOnce(computation.compute(lease, samples(10), () => undefined)).samples).toBe(10);
  });

  it('takes samples of another length for a violation', async () => {
    const computation = await engine.load(job, workerLimitsOf('node'));
    expect(() => computation.compute(lease, samples(11), () => undefined)).toThrow(ProtocolError);
  });
});
