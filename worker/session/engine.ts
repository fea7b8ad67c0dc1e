// The engine for a session: probes of what this machine can run, and a replica of whatever model a job assigns.

import { type CrewForm, type FormedCrew, leadAlone } from '../../shared/crew/crew_form.ts';
import { type Samples, unpackSamples } from '../../shared/data/samples.ts';
import { type Engine, type EngineLoader, EngineMemoryError, loadEngine } from '../../shared/engine/engine.ts';
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
import type { WorkAnswer } from '../../shared/work/work_kind.ts';
import { answerBytes } from '../../shared/work/work_kinds.ts';
import type { Computation, ComputedAnswer, WorkerEngine } from './computation.ts';
import { FrozenWeights } from './frozen_weights.ts';
import { LimitExceeded, type WorkerLimits } from './limits.ts';

/**
 * Probes this machine and makes the engine ready for jobs.
 * @param loader how engines are loaded here
 * @param crew the threads that compute a lease together; this one alone if it is left out
 */
export async function openEngine(loader: EngineLoader = loadEngine, crew: CrewForm = leadAlone): Promise<WorkerEngine> {
  const frozen = new FrozenWeights();
  return {
    digest: engineDigest,
    probes: await probe(loader),
    held: () => frozen.held,
    threads: crew.threads,
    load: (job, limits) => load(job, limits, { frozen, loader, crew }),
  };
}

interface Parts {
  readonly frozen: FrozenWeights;
  readonly loader: EngineLoader;
  readonly crew: CrewForm;
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

async function load(job: AssignedJob, limits: WorkerLimits, parts: Parts): Promise<Computation> {
  const { graph, frozen: digest } = job;
  requireFewNodes(graph, limits);
  const parsed = parseGraph(graph);
  const { total, frozenTotal } = buildModel(parsed).layout;
  if (4 * (total + frozenTotal) > limits.parameterBytes) throw new LimitExceeded('parameterBytes', limits);
  const { engine, replica, crew } = await assemble(parsed, job, limits, parts);
  const parameterBytes = 4 * replica.parameterCount;
  const nothing = new Uint8Array(0);
  const missing = parts.frozen.provide(engine, replica, digest);
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
      const complete = ({ vector, ...sums }: WorkAnswer): ComputedAnswer => {
        const bytes = answerBytes(work, replica.layout);
        return { ...sums, payload: vector === undefined ? nothing : engine.bytes(vector, bytes) };
      };
      const answer = withinMemory(limits, () => crew.compute(work, samples, betweenPasses));
      if (!(answer instanceof Promise)) return complete(answer);
      return answer.then(complete, (error: unknown) => Promise.reject(memoryLimit(error, limits)));
    },
    close: () => crew.close(),
  };
}

interface Assembled {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly crew: FormedCrew;
}

/** Compiles the model for a crew whose threads share the memory that there is; for one thread, if that is not enough. */
async function assemble(graph: Graph, job: AssignedJob, limits: WorkerLimits, parts: Parts): Promise<Assembled> {
  const { numerics, microbatchSize } = job;
  const { loader, crew: form } = parts;
  const { threads } = form;
  const maximumBytes = Math.floor(limits.memoryBytes / threads);
  const engine = await loader(numerics, { maximumBytes });
  try {
    const replica = Replica.create(engine, graph, { microbatchSize });
    return { engine, replica, crew: form.form({ engine, replica, graph, maximumBytes }) };
  } catch (error) {
    if (!(error instanceof EngineMemoryError)) throw error;
    if (threads === 1) throw new LimitExceeded('memoryBytes', limits);
  }
  form.onTrouble(
    `the model does not fit ${threads} times into the memory that the coordinator may use: one thread computes`,
  );
  return assemble(graph, job, limits, { ...parts, crew: leadAlone });
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
    throw memoryLimit(error, limits);
  }
}

function memoryLimit(error: unknown, limits: WorkerLimits): unknown {
  return error instanceof EngineMemoryError ? new LimitExceeded('memoryBytes', limits) : error;
}

function samplesIn(payload: Uint8Array, count: number, { inputs }: Graph): Samples {
  try {
    return unpackSamples(payload, count, inputs);
  } catch (error) {
    throw error instanceof InputError ? new ProtocolError('badMessage', error.message) : error;
  }
}
