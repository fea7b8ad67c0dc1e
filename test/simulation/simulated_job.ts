// The job that is simulated: small enough that a step takes microseconds, large enough to be cut into twelve microbatches.
// Parameters, gradients and checkpoints are the real engine's.

import { ModelState } from '../../coordinator/computation/model_state.ts';
import { evaluate } from '../../coordinator/computation/own_computation.ts';
import { type PreparedJob, prepareJob } from '../../coordinator/computation/prepared_job.ts';
import type { Measurement } from '../../coordinator/training/evaluation.ts';
import type { DataSet } from '../../shared/data/data_set.ts';
import { unpackSamples } from '../../shared/data/samples.ts';
import { engineDigest } from '../../shared/engine/generated/engine_digest.ts';
import { numericsProbe } from '../../shared/engine/probe/numerics_probe.ts';
import { parseJob } from '../../shared/job/job.ts';
import { checksumOfCopies } from '../../shared/protocol/checksum.ts';
import type { Lease } from '../../shared/protocol/messages.ts';
import { answerBytes, compute } from '../../shared/work/work_kinds.ts';
import type { ComputedAnswer, WorkerEngine } from '../../worker/session/computation.ts';
import { Random } from './random.ts';

function samplesOf(count: number, seed: number) {
  const random = new Random(seed);
  const features = Uint8Array.from({ length: 4 * count }, () => random.below(256));
  return { count, fields: [features, Uint8Array.from({ length: count }, () => random.below(3))] };
}

const dataSet: DataSet = {
  name: 'simulated',
  digest: '5'.repeat(64),
  fields: [
    { name: 'features', type: 'u8', shape: [4] },
    { name: 'labels', type: 'u8', shape: [], classes: 3 },
  ],
  training: samplesOf(62, 1),
  validation: samplesOf(0, 2),
  test: samplesOf(10, 3),
};

const job = parseJob(
  {
    name: 'simulated',
    data: { source: 'mnist' },
    model: { layers: [{ type: 'dense', units: 5 }, { type: 'tanh' }, { type: 'dense', units: 3 }] },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 0.2, momentum: 0.9 },
    batchSize: 24,
    microbatchSize: 2,
    epochs: 8,
  },
  'simulation',
);

/** What must come out, whatever happens: found by one process that does one step after the other. */
export interface Reference {
  readonly totalSteps: number;
  /** By step: SHA-256 of the parameters. */
  readonly digests: readonly string[];
  /** By step: the parameters. */
  readonly parameters: readonly Uint8Array[];
  /** By step, at the ends of epochs: loss and accuracy on the test set. */
  readonly test: ReadonlyMap<number, Measurement | undefined>;
}

export class SimulatedJob {
  readonly reference: Reference;
  readonly #coordinator: PreparedJob;
  readonly #workers: PreparedJob;
  readonly #results = new Map<string, ComputedAnswer>();

  private constructor(coordinator: PreparedJob, workers: PreparedJob) {
    this.#coordinator = coordinator;
    this.#workers = workers;
    this.reference = referenceOf(workers);
  }

  static async load(): Promise<SimulatedJob> {
    return new SimulatedJob(await prepareJob(job, dataSet), await prepareJob(job, dataSet));
  }

  /** The job as a coordinator has it that has just been started. */
  restart(): PreparedJob {
    const { graph, state } = this.#coordinator;
    const { engine, replica } = state;
    const metrics = Object.keys(graph.metrics);
    replica.initialize(job.seed);
    return {
      ...this.#coordinator,
      state: new ModelState({ engine, replica, optimizer: job.optimizer, metrics, concurrentGradients: 2 }),
    };
  }

  /**
   * The engine of a worker on which `compute` is told how many samples it computes.
   * @throws {Error} from `compute` if the worker's parameters are not those that the lease names.
   */
  workerEngine(onCompute: (samples: number) => void): WorkerEngine {
    const { replica, engine } = this.#workers.state;
    const parameterBytes = 4 * replica.parameterCount;
    return {
      digest: engineDigest,
      probes: { portable: numericsProbe(engine) },
      load: async () => {
        const memory = new Uint8Array(parameterBytes);
        return {
          parameterBytes,
          parameterMemory: () => memory,
          checksum: checksumOfCopies,
          parametersChanged: () => undefined,
          compute: (lease, samples) => {
            onCompute(lease.samples);
            const expected = this.reference.parameters[lease.parameters];
            if (expected === undefined || Buffer.compare(expected, memory) !== 0) {
              throw new Error(`a worker was lent work for parameters ${lease.parameters} but holds others`);
            }
            return this.#compute(lease, samples);
          },
        };
      },
    };
  }

  /** Computed once for all workers: it is a function of the work and its parameters. */
  #compute({ work, parameters, samples: count }: Lease, payload: Uint8Array): ComputedAnswer {
    const key = `${work.kind} ${work.step} ${work.shard.first}+${work.shard.count}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const { state, graph } = this.#workers;
    const { replica, engine } = state;
    state.parameterBytes.set(this.reference.parameters[parameters] ?? new Uint8Array(0));
    replica.parametersChanged();
    const { vector, ...sums } = compute(replica, work, unpackSamples(payload, count, graph.inputs));
    const bytes = vector === undefined ? [] : engine.bytes(vector, answerBytes(work, replica.layout));
    const kept = { ...sums, metricSums: { ...sums.metricSums }, payload: new Uint8Array(bytes) };
    this.#results.set(key, kept);
    return kept;
  }
}

function referenceOf({ state, data, totalSteps, learningRateAt }: PreparedJob): Reference {
  const { replica, gradients, engine } = state;
  const digests = [state.parametersDigest];
  const parameters = [new Uint8Array(state.parameterBytes)];
  const test = new Map<number, Measurement | undefined>();
  for (let step = 0; step < totalSteps; step++) {
    const shard = { first: 0, count: Math.ceil(data.samplesInStep(step) / job.microbatchSize) };
    const samples = data.samplesOf({ kind: 'gradient', step, shard });
    const { gradient } = replica.computeShard(samples);
    const slot = gradients.take();
    gradients.bytes(slot).set(engine.bytes(gradient, 4 * replica.parameterCount));
    state.applyGradient(slot, samples.count, learningRateAt(step), step + 1);
    digests.push(state.parametersDigest);
    parameters.push(new Uint8Array(state.parameterBytes));
    if ((step + 1) % data.stepsPerEpoch === 0) test.set(step + 1, evaluate({ state, data }, step + 1).test);
  }
  return { totalSteps, digests, parameters, test };
}
