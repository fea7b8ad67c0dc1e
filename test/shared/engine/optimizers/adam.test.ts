import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  createOptimizer,
  type OptimizerSpecification,
  optimizerSchema,
} from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';

/** What make_adam_fixture.py wrote: PyTorch's weights after steps 10, 20 and 30. */
interface Fixture {
  readonly learningRates: readonly number[];
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly specification: OptimizerSpecification;
    readonly weights: readonly (readonly number[])[];
  }[];
}

const file = new URL('../../../oracle/fixtures/adam.json', import.meta.url);
const fixture: Fixture = JSON.parse(await readFile(file, 'utf8'));

/** A power of two: the mean of the sum is the gradient itself. */
const samples = 8;

const specification = v.parse(optimizerSchema, { kind: 'adam', learningRate: 0.05, weightDecay: 0.02 });

describe.each(profiles)('Adam in the %s profile', (profile) => {
  const engine = engines[profile];

  it.each(fixture.cases)('$name gives the weights that PyTorch gives', ({ specification: given, weights }) => {
    const parameters = floats(engine, fixture.initial);
    const optimizer = createOptimizer(engine, given, fixture.initial.length);
    fixture.gradients.forEach((gradient, index) => {
      const step = index + 1;
      const sum = floats(
        engine,
        gradient.map((value) => value * samples),
      );
      expect(optimizer.apply(parameters, sum, samples, fixture.learningRates[index] ?? 0, step)).toBe(true);
      if (step % 10 !== 0) return;
      const expected = weights[step / 10 - 1] ?? [];
      engine.float32(parameters, expected.length).forEach((value, element) => {
        expect(value, `element ${element} after step ${step}`).toBeCloseTo(expected[element] ?? Number.NaN, 5);
      });
    });
  });

  it('gives each element the same bits, wherever it lies in the vector', () => {
    const all = [testValues(39, 1), testValues(39, 2)] as const;
    const run = ([weights, gradient]: readonly [Float32Array, Float32Array]) => {
      const parameters = floats(engine, weights);
      const optimizer = createOptimizer(engine, specification, weights.length);
      for (let step = 1; step <= 3; step++) optimizer.apply(parameters, floats(engine, gradient), samples, 0.05, step);
      return [...engine.float32(parameters, weights.length)];
    };
    const together = run(all);
    const alone = together.map((_, at) => run([all[0].subarray(at, at + 1), all[1].subarray(at, at + 1)])[0]);
    expect(alone).toEqual(together);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
    'reports a gradient of %d, which has no finite step',
    (wrong) => {
      for (const element of [0, 36]) {
        const gradient = testValues(37, 3);
        gradient[element] = wrong;
        const optimizer = createOptimizer(engine, specification, 37);
        expect(optimizer.apply(floats(engine, testValues(37, 1)), floats(engine, gradient), 1, 0.05, 1)).toBe(false);
      }
    },
  );
});

it('Adam gives the same bits in both profiles', () => {
  const [portable, fused] = profiles.map((profile) => {
    const engine = engines[profile];
    const parameters = floats(engine, testValues(37, 1));
    const optimizer = createOptimizer(engine, specification, 37);
    for (let step = 1; step <= 20; step++) {
      optimizer.apply(parameters, floats(engine, testValues(37, step)), samples, 0.05, step);
    }
    return [...engine.float32(parameters, 37)];
  });
  expect(fused).toEqual(portable);
});

describe('the state of Adam', () => {
  const engine = engines.portable;

  it('is two moments that start at zero', () => {
    const { state } = createOptimizer(engine, specification, 5);
    expect(state.map(({ name }) => name)).toEqual(['firstMoment', 'secondMoment']);
    for (const { pointer } of state) expect(engine.float32(pointer, 5)).toEqual(new Float32Array(5));
  });

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

  it('is all that a resumed run needs to go on to the same bits', () => {
    const run = (interruptedAfter: number | undefined) => {
      let optimizer = createOptimizer(engine, specification, 37);
      const parameters = floats(engine, testValues(37, 1));
      for (let step = 1; step <= 12; step++) {
        optimizer.apply(parameters, floats(engine, testValues(37, step + 1)), samples, 0.05 / step, step);
        if (step !== interruptedAfter) continue;
        const kept = optimizer.state.map(({ pointer }) => engine.float32(pointer, 37).slice());
        optimizer = createOptimizer(engine, specification, 37);
        optimizer.state.forEach(({ pointer }, index) => {
          engine.float32(pointer, 37).set(kept[index] ?? []);
        });
      }
      return [...engine.float32(parameters, 37)];
    };
    const undisturbed = run(undefined);
    for (const step of [1, 5, 11]) expect(run(step)).toEqual(undisturbed);
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
