// Prints how near whole training steps (forward, loss, backward, SGD) come to the engine's own matmul: their matrix products,
// convolutions and attention over their whole time. Run on its own, pinned.

import { type Engine, loadEngine, type NumericsProfile } from '../../shared/engine/engine.ts';
import { createProduct, productOperations } from '../../shared/engine/matrix_product.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { median, timeFor } from './timing.ts';
import { batchesOf, graphOf, samplesOf, type Workload, workloads } from './workloads.ts';

const rounds = 7;
const roundSeconds = 0.25;

/** Of those that were measured, the size at which the engine's matmul is fastest. */
const product = { rows: 512, inner: 512, columns: 512 };

/** The least share of the matmul's rate. */
const target = 0.6;

/** Takes the whole mini-batch at once. */
function createReplica(engine: Engine, workload: Workload): Replica {
  const replica = Replica.create(engine, graphOf(workload), { microbatchSize: workload.batchSize });
  replica.initialize(1);
  return replica;
}

function createStep(engine: Engine, workload: Workload): () => void {
  const { batchSize, learningRate } = workload;
  const replica = createReplica(engine, workload);
  const specification = { kind: 'sgd', learningRate, momentum: 0, nesterov: false, weightDecay: 0 } as const;
  const optimizer = createOptimizer(engine, specification, replica.parameterCount);
  const batches = batchesOf(workload).map((batch) => samplesOf(workload, batch));
  let steps = 0;
  return () => {
    const samples = batches[steps % batches.length];
    if (samples === undefined) throw new RangeError('no mini-batches');
    const { gradient } = replica.computeShard(samples);
    steps += 1;
    replica.update(optimizer, gradient, batchSize, learningRate, steps);
  };
}

/** Floating-point operations of a step's products, as its plan counts them; what only passes over a buffer is not counted. */
async function countOperations(workload: Workload): Promise<number> {
  const replica = createReplica(await loadEngine('portable'), workload);
  const [samples] = batchesOf(workload).map((batch) => samplesOf(workload, batch));
  if (samples === undefined) throw new RangeError('no mini-batches');
  return replica.microbatchPlan(samples).calls.reduce((sum, { products }) => sum + products, 0);
}

for (const name of ['W4', 'W5'] as const) {
  const workload = workloads[name];
  const operations = await countOperations(workload);
  const measured = async (profile: NumericsProfile) => {
    const engine = await loadNodeEngine(profile);
    const [matmul, step] = [createProduct(engine, product), createStep(engine, workload)];
    const of: { matmul: number; step: number }[] = [];
    for (let round = -1; round < rounds; round++) {
      const rates = {
        matmul: productOperations(product) / timeFor(roundSeconds, matmul) / 1e6,
        step: operations / timeFor(roundSeconds, step) / 1e6,
      };
      if (round >= 0) of.push(rates); // the first warms up
    }
    const share = median(of.map((rates) => rates.step / rates.matmul));
    const [ours, best] = [median(of.map(({ step: rate }) => rate)), median(of.map(({ matmul: rate }) => rate))];
    const milliseconds = (operations / ours / 1e6).toFixed(1);
    return `${profile} ${milliseconds} ms, ${ours.toFixed(1)} GFLOP/s, ${Math.round(100 * share)} % of the matmul's ${best.toFixed(1)}`;
  };
  console.log(
    `${name} (${(operations / 1e9).toFixed(2)} GFLOP): ${await measured('fused')}; ${await measured('portable')} ` +
      `(target: at least ${100 * target} %)`,
  );
}
