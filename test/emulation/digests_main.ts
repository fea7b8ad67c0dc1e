// Prints the SHA-256 of parameters after 30 steps of three small models, and after a few steps of each built-in job, by the
// engine that is named: what machines of other kinds, emulated ones too, are to print as well.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer, type OptimizerSpecification } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { engineVariable } from '../../shared/node/engine_choice.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { batchesOf, graphOf, samplesOf, type Workload } from '../bench/workloads.ts';
import { shortRunsOfJobs } from '../coordinator/jobs/short_runs.ts';
import { digestOf as digestOfRun } from '../shared/engine/short_run.ts';

const steps = 30;

/** Of a microbatch of a built-in job: an emulated processor is slow. */
const jobSamples = 1;

const models: Readonly<Record<string, Workload>> = {
  mlp: {
    title: 'MLP 196-45-10',
    batchSize: 25,
    layers: [{ type: 'dense', units: 45 }, { type: 'relu' }, { type: 'dense', units: 10 }],
    image: [14, 14, 1],
    learningRate: 0.05,
  },
  cnn: {
    title: 'CNN on 3x9x9',
    batchSize: 6,
    layers: [
      { type: 'conv2d', filters: 13, kernelSize: 3, padding: 'same' },
      { type: 'relu' },
      { type: 'maxPool', size: 2 },
      { type: 'conv2d', filters: 20, kernelSize: 3, stride: 2 },
      { type: 'dense', units: 10 },
    ],
    image: [9, 9, 3],
    learningRate: 0.02,
  },
  gpt: {
    title: 'GPT of 1 layer, width 24, 2 heads, 12 tokens of 17',
    batchSize: 4,
    layers: [
      { type: 'embedding', width: 24 },
      { type: 'positionalEmbedding' },
      { type: 'transformerBlock', heads: 2, causal: true },
      { type: 'layerNorm' },
      { type: 'dense', units: 17, perPosition: true },
    ],
    text: { positions: 12, tokens: 17 },
    learningRate: 0.05,
  },
};

const optimizers: readonly OptimizerSpecification[] = [
  { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 },
  { kind: 'adam', learningRate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: true },
];

async function digestOf(workload: Workload, profile: NumericsProfile, specification: OptimizerSpecification) {
  const engine = await loadNodeEngine(profile);
  const { batchSize, learningRate } = workload;
  const replica = Replica.create(engine, graphOf(workload), { microbatchSize: batchSize });
  replica.initialize(1);
  const optimizer = createOptimizer(engine, specification, replica.parameterCount);
  const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));
  for (let step = 1; step <= steps; step++) {
    const samples = batches[step % batches.length];
    if (samples === undefined) throw new RangeError('no mini-batches');
    const { gradient } = replica.computeShard(samples);
    replica.update(optimizer, gradient, batchSize, learningRate, step);
  }
  return bytesToHex(sha256(engine.bytes(replica.parameters, 4 * replica.parameterCount)));
}

process.env[engineVariable] = process.argv[2] ?? 'auto';
for (const [name, workload] of Object.entries(models)) {
  for (const profile of ['portable', 'fused'] as const) {
    for (const optimizer of optimizers) {
      console.log(`${name} ${profile} ${optimizer.kind} ${await digestOf(workload, profile, optimizer)}`);
    }
  }
}
for (const run of await shortRunsOfJobs(jobSamples)) {
  console.log(`${run.name} ${digestOfRun(await loadNodeEngine('portable'), run)}`);
}
