// Optimizers by kind: the part of a job's schema that states one, and the optimizer made from it.

import * as v from 'valibot';
import type { Engine } from '../engine.ts';
import type { Optimizer, UpdateRule } from './optimizer.ts';
import * as registered from './registered_optimizers.ts';

const definitions = Object.values(registered);

export const optimizerSchema = v.variant(
  'kind',
  definitions.map(({ schema }) => schema),
);

/** What a job states of its optimizer, defaults filled in. */
export type OptimizerSpecification = Readonly<v.InferOutput<typeof optimizerSchema>>;

/** An optimizer for flat vectors of `parameterCount` elements; its state starts at zero. */
export function createOptimizer(
  engine: Engine,
  specification: OptimizerSpecification,
  parameterCount: number,
): Optimizer {
  const definition = definitions.find(({ kind }) => kind === specification.kind);
  if (definition === undefined) throw new TypeError(`there is no optimizer ${specification.kind}`);
  // Found by the specification's own kind, which the type of a union's members cannot say.
  const rule = definition.create(engine, specification as never, parameterCount);
  return optimizerOf(rule, engine, specification.clipNorm, parameterCount);
}

function optimizerOf(
  { state, update }: UpdateRule,
  engine: Engine,
  clipNorm: number | undefined,
  parameterCount: number,
): Optimizer {
  // Kept from step to step: a fraction computed anew would be boxed on its way into WebAssembly.
  let scaledSamples = 1;
  let scale = 1;
  return {
    state,
    apply(parameters, gradientSum, samples, learningRate, step) {
      if (samples !== scaledSamples) {
        scaledSamples = samples;
        scale = 1 / samples;
      }
      if (clipNorm !== undefined) engine.kernels.clipNorm(gradientSum, parameterCount, scale, clipNorm);
      return update(parameters, gradientSum, scale, learningRate, step) === 1;
    },
  };
}
