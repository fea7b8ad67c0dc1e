import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createOptimizer, optimizerSchema } from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { engines, floats, testValues } from '../../kernels/profiles.ts';

/** A power of two: the mean of the sum is the gradient itself. */
const samples = 8;

const specification = v.parse(optimizerSchema, { kind: 'adam', learningRate: 0.05, weightDecay: 0.02 });

describe('the state of Adam', () => {
  const engine = engines.portable;

  it('goes to zero where the gradient stays zero, and not to subnormal numbers', () => {
    const optimizer = createOptimizer(engine, { ...specification, learningRate: 1e-3 }, 5);
    const [parameters, gradient, none] = [testValues(5, 1), testValues(5, 2), new Float32Array(5)].map((values) =>
      floats(engine, values),
    );
    if (parameters === undefined || gradient === undefined || none === undefined) throw new Error('no values');
    optimizer.apply(parameters, gradient, samples, 1e-3, 1);
    for (let step = 2; step < 800; step++) optimizer.apply(parameters, none, samples, 1e-3, step);
    const [first] = optimizer.state;
    if (first === undefined) throw new Error('no first moment');
    expect([...engine.float32(first.pointer, 5)]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('what a job states of Adam', () => {
  it('is its learning rate at least, with the defaults of AdamW', () => {
    expect(v.parse(optimizerSchema, { kind: 'adam', learningRate: 0.001 })).toEqual({
      kind: 'adam',
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupled: true,
    });
  });

  it.each([
    ['beta1', 1, 'expected a number from 0 to below 1'],
    ['beta2', -0.1, 'expected a number from 0 to below 1'],
    ['epsilon', 0, 'expected a number from 1e-30 to 1'],
    ['weightDecay', -1, 'expected a number of at least 0'],
  ])('is refused with a %s of %d', (field, value, message) => {
    const { issues } = v.safeParse(optimizerSchema, { kind: 'adam', learningRate: 0.001, [field]: value });
    expect(issues?.map((issue) => issue.message)).toEqual([message]);
  });
});
