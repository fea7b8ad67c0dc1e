// The engine for a session: probes of what this machine can run, and a replica of whatever model a job assigns.

import { unpackSamples } from '../../shared/data/samples.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { parseGraph } from '../../shared/engine/graph.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { InputError } from '../../shared/errors.ts';
import type { AssignedJob } from '../../shared/protocol/assigned_job.ts';
import { createChecksum } from '../../shared/protocol/checksum.ts';
import type { Hello } from '../../shared/protocol/messages.ts';
import { answerBytes, compute } from '../../shared/work/work_kinds.ts';
import type { Computation, WorkerEngine } from './computation.ts';

/** Probes this machine and makes the engine ready for jobs. */
export async function openEngine(): Promise<WorkerEngine> {
  return { digest: engineDigest, probes: await probe(), load };
}

async function probe(): Promise<Hello['probes']> {
  const portable = numericsProbe(await loadEngine('portable'));
  try {
    return { portable, fused: numericsProbe(await loadEngine('fused')) };
  } catch (error) {
    // A machine without relaxed SIMD says so by leaving the probe out.
    if (error instanceof InputError) return { portable };
    throw error;
  }
}

async function load({ numerics, microbatchSize, graph }: AssignedJob): Promise<Computation> {
  const engine = await loadEngine(numerics);
  const parsed = parseGraph(graph);
  const replica = Replica.create(engine, parsed, { microbatchSize });
  const parameterBytes = 4 * replica.parameterCount;
  const nothing = new Uint8Array(0);
  return {
    parameterBytes,
    parameterMemory: () => engine.bytes(replica.parameters, parameterBytes),
    checksum: createChecksum([engine.memory]),
    parametersChanged: () => replica.parametersChanged(),
    compute({ work, samples: count }, payload) {
      const samples = unpackSamples(payload, count, parsed.inputs);
      const { vector, ...sums } = compute(replica, work, samples);
      const bytes = answerBytes(work, replica.layout);
      return { ...sums, payload: vector === undefined ? nothing : engine.bytes(vector, bytes) };
    },
  };
}
