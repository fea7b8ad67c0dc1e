// The engine for a session: probes of what this machine can run, and a replica of whatever model a job assigns.

import { type Samples, unpackSamples } from '../../shared/data/samples.ts';
import { type EngineLoader, EngineMemoryError, loadEngine } from '../../shared/engine/engine.ts';
import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { type Graph, parseGraph } from '../../shared/engine/graph.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { InputError } from '../../shared/errors.ts';
import type { AssignedJob } from '../../shared/protocol/assigned_job.ts';
import { createChecksum } from '../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { Hello } from '../../shared/protocol/messages.ts';
import { answerBytes, compute } from '../../shared/work/work_kinds.ts';
import type { Computation, WorkerEngine } from './computation.ts';
import { FrozenWeights } from './frozen_weights.ts';
import { LimitExceeded, type WorkerLimits } from './limits.ts';

/**
 * Probes this machine and makes the engine ready for jobs.
 * @param loader how engines are loaded here
 */
export async function openEngine(loader: EngineLoader = loadEngine): Promise<WorkerEngine> {
  const frozen = new FrozenWeights();
  return {
    digest: engineDigest,
    probes: await probe(loader),
    held: () => frozen.held,
    load: (job, limits) => load(job, limits, { frozen, loader }),
  };
}

async function probe(loader: EngineLoader): Promise<Hello['probes']> {
  const portable = numericsProbe(await loader('portable'));
  try {
    return { portable, fused: numericsProbe(await loader('fused')) };
  } catch (error) {
    // A machine without relaxed SIMD says so by leaving the probe out.
    if (error instanceof InputError) return { portable };
    throw error;
  }
}

async function load(
  { numerics, microbatchSize, graph, frozen: digest }: AssignedJob,
  limits: WorkerLimits,
  { frozen, loader }: { readonly frozen: FrozenWeights; readonly loader: EngineLoader },
): Promise<Computation> {
  requireFewNodes(graph, limits);
  const parsed = parseGraph(graph);
  const { total, frozenTotal } = buildModel(parsed).layout;
  if (4 * (total + frozenTotal) > limits.parameterBytes) throw new LimitExceeded('parameterBytes', limits);
  const engine = await loader(numerics, { maximumBytes: limits.memoryBytes });
  const replica = withinMemory(limits, () => Replica.create(engine, parsed, { microbatchSize }));
  const parameterBytes = 4 * replica.parameterCount;
  const nothing = new Uint8Array(0);
  const missing = frozen.provide(engine, replica, digest);
  return {
    ...(missing === undefined ? {} : { missing }),
    parameterBytes,
    parameterMemory: () => engine.bytes(replica.parameters, parameterBytes),
    checksum: createChecksum([engine.memory]),
    parametersChanged: () => replica.parametersChanged(),
    compute({ work, samples: count }, payload, betweenPasses) {
      const samples = samplesIn(payload, count, parsed);
      if (count * replica.operationsPerSample > limits.leaseOperations) {
        throw new LimitExceeded('leaseOperations', limits);
      }
      const { vector, ...sums } = withinMemory(limits, () => compute(replica, work, samples, betweenPasses));
      const bytes = answerBytes(work, replica.layout);
      return { ...sums, payload: vector === undefined ? nothing : engine.bytes(vector, bytes) };
    },
  };
}

/** Looks before the graph is checked node by node. */
function requireFewNodes(graph: unknown, limits: WorkerLimits): void {
  const nodes = typeof graph === 'object' && graph !== null && 'nodes' in graph ? graph.nodes : undefined;
  if (Array.isArray(nodes) && nodes.length > limits.nodes) throw new LimitExceeded('nodes', limits);
}

function withinMemory<Result>(limits: WorkerLimits, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof EngineMemoryError ? new LimitExceeded('memoryBytes', limits) : error;
  }
}

function samplesIn(payload: Uint8Array, count: number, { inputs }: Graph): Samples {
  try {
    return unpackSamples(payload, count, inputs);
  } catch (error) {
    throw error instanceof InputError ? new ProtocolError('badMessage', error.message) : error;
  }
}
