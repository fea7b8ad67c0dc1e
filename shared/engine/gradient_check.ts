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
import { buildModel, type Model } from './model.ts';
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
  /**
   * How many of them are moved together, each by a sign drawn at random: what is compared then is the sum of their gradients
   * with these signs, for the price of one. 1 by default.
   */
  readonly atOnce?: number;
  /** Half the width of a difference. A wider one also leaves out points so near a kink that f32 may see its other side. */
  readonly step?: number;
}

export interface TensorGradientCheck {
  readonly name: string;
  /** Largest |analytic − numerical|, relative to the tensor's largest numerical gradient, of those moved together. */
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

/** The first index that signs are drawn at: far behind those that components are chosen by. */
const firstOfSigns = 2 ** 31;

/** @throws {InputError} if the graph does not compile. */
export function checkGradients(options: GradientCheckOptions): readonly TensorGradientCheck[] {
  const {
    engine,
    graph,
    samples,
    seed,
    ops = builtInOps,
    componentsPerTensor = defaultComponents,
    atOnce = 1,
  } = options;
  const model = buildModel(graph, ops);
  const replica = Replica.create(engine, graph, { microbatchSize: samples.count, ops });
  replica.initialize(seed);
  leaveKinks(engine, replica, seed);
  const flat = replica.readParameters();
  const { gradient } = replica.computeShard(samples);
  const analytic = engine.float32(gradient, replica.parameterCount).slice();
  const frozen = engine.float32(replica.frozen, replica.frozenCount);
  const valuesOf = (tensors: readonly LaidOut[], of: Float32Array) =>
    tensors.map(({ name, offset, elements }): [string, Float64Array] => [
      name,
      Float64Array.from(of.subarray(offset, offset + elements)),
    ]);
  const { layout } = model;
  const parameters = new Map([...valuesOf(layout.tensors, flat), ...valuesOf(layout.frozen, frozen)]);
  const differences = new Differences(model, parameters, options);
  return layout.tensors
    .filter(({ kind }) => kind === 'parameter')
    .map((tensor, index) => {
      const comparison: Comparison = { errors: [], scale: smallestScale, compared: 0, skipped: 0 };
      const gradientOf = (component: number) => analytic[tensor.offset + component] ?? Number.NaN;
      const components = chooseComponents(tensor, seed, index, componentsPerTensor);
      for (const moves of groupsOf(components, atOnce, seed, index)) {
        compare(comparison, moves, gradientOf, (moved) => differences.along(tensor.name, moved));
      }
      // Math.max hands a NaN on, so that a broken gradient cannot pass.
      const worst = comparison.errors.reduce((largest, error) => Math.max(largest, error), 0);
      const { compared, skipped, scale } = comparison;
      return { name: tensor.name, worstRelativeError: worst / scale, compared, skipped };
    });
}

type LaidOut = Model['layout']['tensors'][number];

/** A component of a tensor, and which way it is moved. */
interface Move {
  readonly component: number;
  readonly sign: 1 | -1;
}

interface Comparison {
  readonly errors: number[];
  /** The largest numerical gradient so far. */
  scale: number;
  compared: number;
  skipped: number;
}

/** Compares components that are moved together; if that crosses a kink, halves of them. */
function compare(
  comparison: Comparison,
  moves: readonly Move[],
  gradientOf: (component: number) => number,
  along: (moves: readonly Move[]) => number | undefined,
): void {
  const numerical = along(moves);
  if (numerical !== undefined) {
    const analytic = moves.reduce((sum, { component, sign }) => sum + sign * gradientOf(component), 0);
    comparison.scale = Math.max(comparison.scale, Math.abs(numerical));
    comparison.errors.push(Math.abs(analytic - numerical));
    comparison.compared += moves.length;
  } else if (moves.length === 1) {
    comparison.skipped += 1;
  } else {
    const half = Math.ceil(moves.length / 2);
    compare(comparison, moves.slice(0, half), gradientOf, along);
    compare(comparison, moves.slice(half), gradientOf, along);
  }
}

/** Numerical differentiation of the reference. */
class Differences {
  readonly #model: Model;
  readonly #parameters: ReadonlyMap<string, Float64Array>;
  readonly #options: GradientCheckOptions;
  readonly #base: ReferenceResult;

  constructor(model: Model, parameters: ReadonlyMap<string, Float64Array>, options: GradientCheckOptions) {
    this.#model = model;
    this.#parameters = parameters;
    this.#options = options;
    this.#base = computeReference({ ...options, model, parameters });
  }

  /** The loss's derivative where components of a tensor move together; undefined if there is a kink in between. */
  along(name: string, moves: readonly Move[]): number | undefined {
    const { step = defaultStep } = this.#options;
    const above = this.#at(name, moves, step);
    const below = this.#at(name, moves, -step);
    return choseAlike(above, below) ? (above.loss - below.loss) / (2 * step) : undefined;
  }

  #at(name: string, moves: readonly Move[], step: number): ReferenceResult {
    const values = this.#parameters.get(name) ?? new Float64Array(0);
    const before = moves.map(({ component }) => values[component] ?? 0);
    for (const { component, sign } of moves) values[component] = (values[component] ?? 0) + sign * step;
    const previous = { result: this.#base, changed: name };
    const result = computeReference({ ...this.#options, model: this.#model, parameters: this.#parameters, previous });
    moves.forEach(({ component }, at) => {
      values[component] = before[at] ?? 0;
    });
    return result;
  }
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

/** The components, so many at a time, each with a sign. */
function groupsOf(
  components: readonly number[],
  atOnce: number,
  seed: number,
  index: number,
): readonly (readonly Move[])[] {
  const draws = new CounterDraws(seed, purposes.draw, firstOfSigns + index);
  const moves = components.map((component, at): Move => {
    return { component, sign: atOnce > 1 && draws.below(2, at) === 1 ? -1 : 1 };
  });
  return Array.from({ length: Math.ceil(moves.length / atOnce) }, (_, group) =>
    moves.slice(group * atOnce, (group + 1) * atOnce),
  );
}
