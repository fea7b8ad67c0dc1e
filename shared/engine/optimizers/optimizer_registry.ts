// Optimizers by kind: the part of a job's schema that states one, and the optimizer made from it.

import * as v from 'valibot';
import { namesMeant } from '../../model/name_patterns.ts';
import type { Engine } from '../engine.ts';
import type { Pointer } from '../kernels.ts';
import type { Optimizer, OptimizerBase, UpdateRule } from './optimizer.ts';
import * as registered from './registered_optimizers.ts';

const definitions = Object.values(registered);

export const optimizerSchema = v.variant(
  'kind',
  definitions.map(({ schema }) => schema),
);

/** What a job states of its optimizer, defaults filled in. */
export type OptimizerSpecification = Readonly<v.InferOutput<typeof optimizerSchema>>;

/** A parameter's place in the flat vectors. */
export interface NamedStretch {
  readonly name: string;
  readonly offset: number;
  readonly elements: number;
}

/**
 * An optimizer for flat vectors of `parameterCount` elements; its state starts at zero.
 * @param tensors what the specification's groups name; needed where it has some
 * @throws {InputError} if a group names none of them.
 */
export function createOptimizer(
  engine: Engine,
  specification: OptimizerSpecification,
  parameterCount: number,
  tensors: readonly NamedStretch[] = [],
): Optimizer {
  const definition = definitions.find(({ kind }) => kind === specification.kind);
  if (definition === undefined) throw new TypeError(`there is no optimizer ${specification.kind}`);
  // Found by the specification's own kind, which the type of a union's members cannot say.
  const rule = definition.create(engine, specification as never, parameterCount);
  const stretches = stretchesOf(specification, parameterCount, tensors);
  return optimizerOf(rule, engine, { clipNorm: specification.clipNorm, parameterCount, stretches });
}

/** Parameters in a row that are trained alike. */
interface Stretch {
  readonly first: number;
  readonly factor: number;
  readonly weightDecay: number;
  count: number;
}

function stretchesOf(
  { groups = [], weightDecay: common }: OptimizerBase,
  parameterCount: number,
  tensors: readonly NamedStretch[],
): readonly Stretch[] {
  const names = tensors.map(({ name }) => name);
  const members = groups.map((group, index) => namesMeant(group.names, names, `optimizer.groups.${index}.names`));
  if (groups.length === 0) return [{ first: 0, count: parameterCount, factor: 1, weightDecay: common }];
  const stretches: Stretch[] = [];
  for (const { name, offset, elements } of tensors) {
    const group = groups[members.findIndex((meant) => meant.has(name))];
    const { learningRateFactor: factor = 1, weightDecay = common } = group ?? {};
    const next: Stretch = { first: offset, count: elements, factor, weightDecay };
    const last = stretches.at(-1);
    if (last?.factor === next.factor && last.weightDecay === next.weightDecay) last.count += elements;
    else stretches.push(next);
  }
  return stretches;
}

/** The update of a stretch. */
function updateOf(update: UpdateRule['update'], { first, count, factor, weightDecay }: Stretch) {
  // Kept from step to step, as the scale below.
  let asked = Number.NaN;
  let rate = Number.NaN;
  return (parameters: Pointer, gradientSum: Pointer, scale: number, learningRate: number, step: number): boolean => {
    if (learningRate !== asked) {
      asked = learningRate;
      rate = learningRate * factor;
    }
    return update(parameters, gradientSum, scale, rate, step, weightDecay, first, count) === 1;
  };
}

interface OptimizerParts {
  readonly clipNorm: number | undefined;
  readonly parameterCount: number;
  readonly stretches: readonly Stretch[];
}

function optimizerOf(
  { state, update }: UpdateRule,
  engine: Engine,
  { clipNorm, parameterCount, stretches }: OptimizerParts,
): Optimizer {
  // Kept from step to step: a fraction computed anew would be boxed on its way into WebAssembly.
  let scaledSamples = 1;
  let scale = 1;
  const updates = stretches.map((stretch) => updateOf(update, stretch));
  return {
    state,
    apply(parameters, gradientSum, samples, learningRate, step) {
      if (samples !== scaledSamples) {
        scaledSamples = samples;
        scale = 1 / samples;
      }
      if (clipNorm !== undefined) engine.kernels.clipNorm(gradientSum, parameterCount, scale, clipNorm);
      let areFinite = true;
      for (let index = 0; index < updates.length; index++) {
        areFinite = updates[index]?.(parameters, gradientSum, scale, learningRate, step) === true && areFinite;
      }
      return areFinite;
    },
  };
}
