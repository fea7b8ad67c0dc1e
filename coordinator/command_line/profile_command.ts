// `gradswarm profile`: where the time and memory of a job's step go, measured on one core of this machine.

import colors from 'picocolors';
import { gather, type Samples } from '../../shared/data/samples.ts';
import { createProduct, productOperations } from '../../shared/engine/matrix_product.ts';
import type { Plan } from '../../shared/engine/plan.ts';
import { type NodeProfile, type PhaseProfile, type PlanProfile, profilePlan } from '../../shared/engine/profile.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { prepareNamedJob } from './named_job.ts';
import { formatTable, threeDigits } from './table.ts';

export interface ProfileFlags {
  readonly set: readonly string[];
  /** How often a microbatch is computed each way. */
  readonly rounds: number;
}

/** Tensors that are listed, the largest first. */
const listedBuffers = 8;

/** Longest names that a table of 80 columns has room for. */
const widths = { node: 16, op: 19, tensor: 48 };

/** The product that shows what the engine can do here. */
const product = { rows: 512, inner: 512, columns: 512 };

export async function profileJob(jobName: string, { set, rounds }: ProfileFlags): Promise<number> {
  const prepared = await prepareNamedJob({ name: jobName, set });
  const { job } = prepared;
  const plan = prepared.state.replica.microbatchPlan(microbatchOf(prepared));
  const profile = profilePlan(plan, { now: () => performance.now(), rounds });
  const title = `a microbatch of ${profile.samples} samples on one core, ${job.numerics}, best of ${rounds}`;
  console.log(`${colors.bold(job.name)}  ${title}`);
  console.log(`\n${nodeTable(profile)}`);
  console.log(`\n${stepLines(prepared, profile, plan, rounds).join('\n')}`);
  console.log(`\n${memoryLines(prepared, profile).join('\n')}`);
  return exitCodes.success;
}

function microbatchOf({ data: { dataSet }, job }: PreparedJob): Samples {
  const count = Math.min(job.microbatchSize, job.batchSize, dataSet.training.count);
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  return gather(dataSet.training, dataSet.fields, indices);
}

/** By node, in the order of the graph; what a node has taken over of those behind it is part of it. */
export function nodeTable({ nodes }: Pick<PlanProfile, 'nodes'>): string {
  const total = nodes.reduce((sum, node) => sum + timeOf(node), 0);
  const rows = nodes.map((node) => {
    const { forward, backward } = node;
    const milliseconds = timeOf(node);
    const products = forward.products + backward.products;
    return [
      cut(node.node, widths.node),
      cut(node.op, widths.op),
      microseconds(forward),
      microseconds(backward),
      `${((100 * milliseconds) / total).toFixed(1)} %`,
      products === 0 ? '' : threeDigits(gigaflops(products, milliseconds)),
      threeDigits((forward.bytes + backward.bytes) / 1e3),
    ];
  });
  return formatTable(['node', 'op', 'fwd µs', 'bwd µs', 'share', 'GFLOP/s', 'kB'], rows, 2);
}

/** Empty where nothing is called. */
function microseconds({ kernels, milliseconds }: PhaseProfile): string {
  return kernels.length === 0 ? '' : threeDigits(1_000 * milliseconds);
}

function timeOf({ forward, backward }: NodeProfile): number {
  return forward.milliseconds + backward.milliseconds;
}

/** What a step takes besides its microbatches, and all of it. */
function stepLines(prepared: PreparedJob, profile: PlanProfile, plan: Plan, rounds: number): readonly string[] {
  const { job, state, learningRateAt } = prepared;
  const { engine, replica, optimizer, gradients } = state;
  const best = gigaflops(productOperations(product), leastTime(rounds, createProduct(engine, product)));
  const slot = gradients.take();
  const update = leastTime(rounds, () =>
    replica.update(optimizer, gradients.pointer(slot), job.batchSize, learningRateAt(0), 1),
  );
  gradients.release(slot);
  const packing = leastTime(rounds, () => {
    replica.parametersChanged();
    plan.prepare();
  });
  const passes = job.batchSize / profile.samples;
  const step = passes * profile.milliseconds + update + packing;
  const rate = gigaflops(passes * profile.products, step);
  return [
    `microbatch ${threeDigits(profile.milliseconds)} ms, optimizer (${job.optimizer.kind}) ${threeDigits(update)} ms, packing ${threeDigits(packing)} ms`,
    `a step of ${job.batchSize} samples: ${threeDigits(step)} ms, ${Math.round((1_000 * job.batchSize) / step)} samples/s`,
    `its products: ${threeDigits(rate)} GFLOP/s, ${Math.round((100 * rate) / best)} % of the ${threeDigits(best)} of a ${product.rows}x${product.columns} product`,
  ];
}

function memoryLines({ state: { replica } }: PreparedJob, { memory, samples }: PlanProfile): readonly string[] {
  const { bytes, mostAlive, buffers } = memory;
  const rows = buffers
    .slice(0, listedBuffers)
    .map(({ name, bytes: size, first, last }) => [
      cut(name, widths.tensor),
      threeDigits(size / 1e6),
      `${first} to ${last}`,
    ]);
  return [
    `memory: parameters ${threeDigits((4 * replica.parameterCount) / 1e6)} MB; temporary tensors of ${samples} samples ${threeDigits(bytes / 1e6)} MB,`,
    `${(bytes / Math.max(1, mostAlive)).toFixed(2)} times those that are alive together`,
    formatTable(['the largest', 'MB', 'alive in calls'], rows),
  ];
}

function gigaflops(operations: number, milliseconds: number): number {
  return operations / milliseconds / 1e6;
}

/** Milliseconds, the least. */
function leastTime(rounds: number, act: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    act();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function cut(name: string, width: number): string {
  return name.length <= width ? name : `${name.slice(0, width - 1)}…`;
}
