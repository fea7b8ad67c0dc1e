// The gradient check: the engine's analytic gradients against numerical differentiation.
//
// Central differences (L(w + h) − L(w − h)) / 2h are taken of the f64 reference, so they are good to about 1e-9 and what
// remains is the engine's f32 rounding. Where the two sides chose differently at a kink (ReLU, max pooling), the loss is
// not differentiable in between: such components are left out and counted.

import type { Samples } from '../data/samples.ts';
import { CounterDraws, purposes, seedHalves } from '../random/philox.ts';
import type { Engine } from './engine.ts';
import type { Graph } from './graph.ts';
import type { Pointer } from './kernels.ts';
import { buildModel } from './model.ts';
import { builtInOps, type OpRegistry } from './op_registry.ts';
import type { Mathematics } from './ops/op.ts';
import { computeReference, type ReferenceResult } from './reference.ts';
import { Replica } from './replica.ts';

export interface GradientCheckOptions {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly samples: Samples;
  /** Seed of the initial weights at which gradients are compared, and of the choice of components. */
  readonly seed: number;
  readonly mathematics: Mathematics;
  /** The ops that the graph may use; the built-in ones by default. */
  readonly ops?: OpRegistry;
  /** Components compared in each tensor, drawn at random; all of a smaller tensor. */
  readonly componentsPerTensor?: number;
  /** Half the width of a difference. A wider one also leaves out points so near a kink that f32 may see its other side. */
  readonly step?: number;
}

export interface TensorGradientCheck {
  readonly name: string;
  /** Largest |analytic − numerical|, relative to the tensor's largest numerical gradient. */
  readonly worstRelativeError: number;
  readonly compared: number;
  /** Components left out because the difference crosses a kink. */
  readonly skipped: number;
}

/** Half the width of a difference: small enough to cross few kinks of a large model, large against f64 rounding. */
const defaultStep = 1e-6;

const defaultComponents = 40;

/**
 * Errors are relative to the tensor's largest gradient, or to this where all are smaller: a probability near 1 carries an
 * f32 rounding of 6e-8, so a saturated model's gradients are made of little else.
 */
const smallestScale = 1e-2;

/** @throws {InputError} if the graph does not compile. */
export function checkGradients(options: GradientCheckOptions): readonly TensorGradientCheck[] {
  const { engine, graph, samples, seed, mathematics, ops = builtInOps, step = defaultStep } = options;
  const model = buildModel(graph, ops);
  const replica = Replica.create(engine, graph, { microbatchSize: samples.count, ops });
  replica.initialize(seed);
  leaveKinks(engine, replica, seed);
  const flat = Float64Array.from(replica.readParameters());
  const { gradient } = replica.computeShard(samples);
  const analytic = engine.float32(gradient, replica.parameterCount).slice();
  const parameters = new Map(
    model.layout.tensors.map(({ name, offset, elements }) => [name, flat.slice(offset, offset + elements)]),
  );
  for (const { name, offset, elements } of model.layout.frozen) {
    parameters.set(name, Float64Array.from(engine.float32((replica.frozen + 4 * offset) as Pointer, elements)));
  }
  const base = computeReference({ model, samples, parameters, mathematics });
  const lossAt = (changed: string, values: Float64Array, component: number, value: number) => {
    const before = values[component] ?? 0;
    values[component] = value;
    const result = computeReference({ model, samples, parameters, mathematics, previous: { result: base, changed } });
    values[component] = before;
    return result;
  };
  return model.layout.tensors
    .filter(({ kind }) => kind === 'parameter')
    .map((tensor, index) => {
      const values = parameters.get(tensor.name) ?? new Float64Array(0);
      const components = chooseComponents(tensor, seed, index, options.componentsPerTensor ?? defaultComponents);
      const errors: number[] = [];
      let scale = smallestScale;
      let skipped = 0;
      for (const component of components) {
        const value = values[component] ?? 0;
        const above = lossAt(tensor.name, values, component, value + step);
        const below = lossAt(tensor.name, values, component, value - step);
        if (!choseAlike(above, below)) {
          skipped += 1;
          continue;
        }
        const numerical = (above.loss - below.loss) / (2 * step);
        scale = Math.max(scale, Math.abs(numerical));
        errors.push(Math.abs((analytic[tensor.offset + component] ?? Number.NaN) - numerical));
      }
      // Math.max hands a NaN on, so that a broken gradient cannot pass.
      const worst = errors.reduce((largest, error) => Math.max(largest, error), 0);
      return { name: tensor.name, worstRelativeError: worst / scale, compared: errors.length, skipped };
    });
}

function choseAlike(one: ReferenceResult, other: ReferenceResult): boolean {
  for (const [node, choices] of one.choices) {
    const others = other.choices.get(node) ?? [];
    if (choices.some((choice, index) => choice !== others[index])) return false;
  }
  return true;
}

/**
 * Moves tensors that start at one constant, biases at zero above all, off it: behind a blank patch of an image a zero bias
 * leaves a ReLU exactly on its kink, where there is nothing to compare.
 */
function leaveKinks({ kernels }: Engine, replica: Replica, seed: number): void {
  const { low, high } = seedHalves(seed);
  replica.layout.tensors.forEach(({ kind, offset, elements, initializer }, index) => {
    if (kind !== 'parameter' || initializer.kind !== 'constant') return;
    const pointer = (replica.parameters + 4 * offset) as Pointer;
    kernels.fillUniform(
      pointer,
      elements,
      low,
      high,
      purposes.draw,
      index,
      initializer.value - 0.1,
      initializer.value + 0.1,
    );
  });
  replica.parametersChanged();
}

/** Different components of a tensor: all of them, or as many as asked for. */
function chooseComponents(
  { elements }: { readonly elements: number },
  seed: number,
  index: number,
  count: number,
): readonly number[] {
  if (elements <= count) return Array.from({ length: elements }, (_, component) => component);
  const draws = new CounterDraws(seed, purposes.draw, index);
  const chosen = new Set<number>();
  for (let position = 0; chosen.size < count; position++) chosen.add(draws.below(elements, position));
  return [...chosen].sort((one, other) => one - other);
}
