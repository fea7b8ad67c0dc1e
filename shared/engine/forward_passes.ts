// Passes without a gradient over samples: their loss and metrics, or what the model predicts for them.

import type { Samples } from '../data/samples.ts';
import type { ModelMemory } from './model_memory.ts';
import type { OtherParts } from './other_parts.ts';
import type { Plan } from './plan.ts';
import type { BetweenPasses } from './replica.ts';
import type { ReplicaPlans } from './replica_plans.ts';

/** Samples of a pass, which is not split by microbatch: loss and prediction of a sample stand alone. */
export const evaluationSamples = 100;

export class ForwardPasses {
  readonly #memory: ModelMemory;
  readonly #plans: ReplicaPlans;
  /** Sums of one pass of an evaluation. */
  readonly #passSums: Float64Array;

  /** @param sums how many: of the loss and of each metric */
  constructor(memory: ModelMemory, plans: ReplicaPlans, sums: number) {
    this.#memory = memory;
    this.#plans = plans;
    this.#passSums = new Float64Array(sums);
  }

  /** Leaves the sums over all samples in `sums`; see `Replica.evaluate`. */
  evaluate(samples: Samples, sums: Float64Array, betweenPasses: BetweenPasses | undefined, others: OtherParts): void {
    sums.fill(0);
    for (let first = 0; first < samples.count; first += evaluationSamples) {
      if (first > 0) betweenPasses?.();
      this.#pass(samples, first, betweenPasses, others);
      for (let index = 0; index < sums.length; index++) {
        sums[index] = (sums[index] ?? Number.NaN) + (this.#passSums[index] ?? Number.NaN);
      }
    }
  }

  /** The prediction node's values, so many elements for each sample. */
  predict(samples: Samples, elements: number): Float32Array {
    const all = new Float32Array(samples.count * elements);
    for (let first = 0; first < samples.count; first += evaluationSamples) {
      all.set(this.#run('prediction', samples, first).prediction(), first * elements);
    }
    return all;
  }

  /** Gives a plan its inputs. Outside training nothing is drawn; but nothing may depend on the step trained last. */
  ready(plan: Plan, samples: Samples, first: number): Plan {
    const { inputs, variables } = this.#memory;
    inputs.stage(samples, first, plan.samples, plan.inputs);
    inputs.select(0, plan.samples, plan.inputs);
    variables.step = 0;
    variables.firstSample = first;
    return plan;
  }

  /** The sums of one pass, whoever makes it. */
  #pass(samples: Samples, first: number, betweenPasses: BetweenPasses | undefined, others: OtherParts): void {
    const pass = first / evaluationSamples;
    if (others.ownUnits(pass) === 0 && others.otherUnits(pass, betweenPasses) > 0) {
      others.take(pass, this.#passSums);
      return;
    }
    this.#run('evaluation', samples, first);
    this.#memory.readSums(this.#passSums);
  }

  #run(mode: 'evaluation' | 'prediction', samples: Samples, first: number): Plan {
    const count = Math.min(evaluationSamples, samples.count - first);
    const plan = this.ready(this.#plans.forward(mode, count), samples, first);
    plan.run();
    return plan;
  }
}
