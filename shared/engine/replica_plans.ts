// The plans of one replica, each compiled when it is first needed.

import type { ProgramMode } from './emitter.ts';
import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import type { Model } from './model.ts';
import type { ModelMemory } from './model_memory.ts';
import { Plan } from './plan.ts';

/** A pass that gives no gradient. */
type ForwardMode = Exclude<ProgramMode, 'training'>;

const noGradient = 0 as Pointer;

/** Plans kept of a kind: full passes need one, the last ones of shards a few; whoever varies them further compiles anew. */
const maximumPlans = 32;

/** Keeps a plan, in the place of the oldest but one if there are too many: the first is that of full passes. */
function keep(plans: Map<number, Plan>, samples: number, plan: Plan): Plan {
  const [, second] = plans.keys();
  if (plans.size >= maximumPlans && second !== undefined) plans.delete(second);
  plans.set(samples, plan);
  return plan;
}

export class ReplicaPlans {
  readonly #common: { readonly engine: Engine; readonly model: Model; readonly memory: ModelMemory };
  /** By where they write the gradient, then by samples. */
  readonly #training = new Map<Pointer, Map<number, Plan>>();
  /** By samples. */
  readonly #forward: { readonly [Mode in ForwardMode]: Map<number, Plan> } = {
    evaluation: new Map(),
    prediction: new Map(),
  };

  constructor(engine: Engine, model: Model, memory: ModelMemory) {
    this.#common = { engine, model, memory };
  }

  /** @throws {InputError} as `Plan` does. */
  training(samples: number, gradient: Pointer): Plan {
    const plans = this.#training.get(gradient) ?? new Map<number, Plan>();
    const known = plans.get(samples);
    if (known !== undefined) return known;
    const plan = new Plan({ ...this.#common, mode: 'training', samples, gradient });
    this.#training.set(gradient, plans);
    return keep(plans, samples, plan);
  }

  /** @throws {InputError} as `Plan` does. */
  forward(mode: ForwardMode, samples: number): Plan {
    const plans = this.#forward[mode];
    const known = plans.get(samples);
    if (known !== undefined) return known;
    return keep(plans, samples, new Plan({ ...this.#common, mode, samples, gradient: noGradient }));
  }
}
