import { describe, expect, it } from 'vitest';
import {
  createOptimizer,
  type OptimizerSpecification,
} from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';

type Sgd = Extract<OptimizerSpecification, { kind: 'sgd' }>;

const elements = 37;

/** PyTorch's SGD in plain f64 loops, dampening 0. */
function referenceSteps(
  { learningRate, momentum, nesterov, weightDecay }: Sgd,
  gradients: readonly Float32Array[],
  samples: readonly number[],
): readonly number[] {
  const parameters = Array.from(testValues(elements, 1));
  const velocity = parameters.map(() => 0);
  gradients.forEach((gradient, step) => {
    gradient.forEach((sum, index) => {
      const p = parameters[index] ?? 0;
      const g = sum / (samples[step] ?? 1) + weightDecay * p;
      const v = momentum * (velocity[index] ?? 0) + g;
      velocity[index] = v;
      parameters[index] = p - learningRate * (nesterov ? g + momentum * v : v);
    });
  });
  return parameters;
}

const base = { kind: 'sgd', learningRate: 0.3, momentum: 0, nesterov: false, weightDecay: 0 } as const;

const specifications: readonly (readonly [string, Sgd])[] = [
  ['plain', base],
  ['with weight decay', { ...base, weightDecay: 0.1 }],
  ['with momentum', { ...base, momentum: 0.9 }],
  ["with Nesterov's momentum and weight decay", { ...base, momentum: 0.8, nesterov: true, weightDecay: 0.05 }],
];

describe.each(profiles)('SGD in the %s profile', (profile) => {
  it.each(specifications)('%s steps by the mean gradient, whatever the number of samples', (_, specification) => {
    const engine = engines[profile];
    const parameters = floats(engine, testValues(elements, 1));
    const optimizer = createOptimizer(engine, specification, elements);
    const samples = [10, 10, 3, 10];
    const gradients = samples.map((_count, step) => testValues(elements, step + 2).map((value) => 10 * value));
    gradients.forEach((gradient, step) => {
      optimizer.apply(parameters, floats(engine, gradient), samples[step] ?? 0, specification.learningRate, step + 1);
    });
    const expected = referenceSteps(specification, gradients, samples);
    engine.float32(parameters, elements).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 5);
    });
  });
});

describe('createOptimizer', () => {
  it('keeps a velocity, from zero on, only where there is momentum', () => {
    const engine = engines.portable;
    expect(createOptimizer(engine, base, elements).state).toEqual([]);
    const { state } = createOptimizer(engine, { ...base, momentum: 0.9 }, elements);
    expect(state.map(({ name }) => name)).toEqual(['velocity']);
    const [velocity] = state;
    if (velocity === undefined) throw new Error('no velocity');
    expect(engine.float32(velocity.pointer, elements)).toEqual(new Float32Array(elements));
  });
});
