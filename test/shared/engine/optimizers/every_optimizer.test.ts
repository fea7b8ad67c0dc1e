// What holds for every optimizer: PyTorch's weights, the same bits wherever an element lies and in both profiles, and a
// state that is all that a resumed run needs.

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../../shared/engine/engine.ts';
import {
  createOptimizer,
  type OptimizerSpecification,
  optimizerSchema,
} from '../../../../shared/engine/optimizers/optimizer_registry.ts';
import * as registered from '../../../../shared/engine/optimizers/registered_optimizers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';

/** What make_optimizer_fixture.py wrote: PyTorch's weights after steps 10, 20 and 30. */
interface Fixture {
  readonly learningRates: readonly number[];
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly specification: OptimizerSpecification;
    readonly weights: readonly (readonly number[])[];
  }[];
  /** The tensors that the vector is made of, and optimizers that train some of them otherwise. */
  readonly tensors: readonly { readonly name: string; readonly elements: number }[];
  readonly grouped: Fixture['cases'];
}

const file = new URL('../../../oracle/fixtures/optimizers.json', import.meta.url);
const fixture: Fixture = JSON.parse(await readFile(file, 'utf8'));

/** A power of two: the mean of the sum is the gradient itself. */
const samples = 8;

const elements = 37;

describe('the cases', () => {
  it('have every optimizer', () => {
    const kinds = Object.values(registered).map(({ kind }) => kind);
    expect([...new Set(fixture.cases.map(({ specification }) => specification.kind))].sort()).toEqual(kinds.sort());
  });
});

describe.each(profiles)('an optimizer in the %s profile', (profile) => {
  const engine = engines[profile];

  const tensors = fixture.tensors.map(({ name, elements: count }, index) => {
    const before = fixture.tensors.slice(0, index);
    return { name, elements: count, offset: before.reduce((sum, one) => sum + one.elements, 0) };
  });
  const all = [...fixture.cases, ...fixture.grouped];

  it.each(all)('gives the weights that PyTorch gives: $name', ({ specification, weights }) => {
    const parameters = floats(engine, fixture.initial);
    const parsed = v.parse(optimizerSchema, specification);
    const optimizer = createOptimizer(engine, parsed, fixture.initial.length, tensors);
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
        const wanted = expected[element] ?? Number.NaN;
        const difference = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
        expect(difference, `element ${element} after step ${step}: ${value} for ${wanted}`).toBeLessThan(1e-5);
      });
    });
  });

  it('refuses a group that names nothing', () => {
    const groups = [{ names: ['*.bias'] }, { names: ['c.*'] }];
    const specification = v.parse(optimizerSchema, { kind: 'sgd', learningRate: 0.1, groups });
    expect(() => createOptimizer(engine, specification, fixture.initial.length, tensors)).toThrow(
      'optimizer.groups.1.names: c.* is the name of no tensor; there are a.weight, a.bias, b.weight, b.bias',
    );
  });

  it.each(fixture.cases)('reports gradients that have no finite step: $name', ({ specification }) => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const element of [0, elements - 1]) {
        const gradient = testValues(elements, 3);
        gradient[element] = wrong;
        const optimizer = createOptimizer(engine, specification, elements);
        const parameters = floats(engine, testValues(elements, 1));
        expect(optimizer.apply(parameters, floats(engine, gradient), 1, 0.05, 1)).toBe(false);
      }
    }
  });
});

/** The parameters after some steps, and the state beside them. */
function train(engine: Engine, specification: OptimizerSpecification, restoreAfter?: number) {
  let optimizer = createOptimizer(engine, specification, elements);
  const parameters = floats(engine, testValues(elements, 1));
  for (let step = 1; step <= 12; step++) {
    optimizer.apply(parameters, floats(engine, testValues(elements, step + 1)), samples, 0.05 / step, step);
    if (step !== restoreAfter) continue;
    const kept = optimizer.state.map(({ pointer }) => engine.float32(pointer, elements).slice());
    optimizer = createOptimizer(engine, specification, elements);
    optimizer.state.forEach(({ pointer }, index) => {
      engine.float32(pointer, elements).set(kept[index] ?? []);
    });
  }
  const state = optimizer.state.map(({ pointer }) => [...engine.float32(pointer, elements)]);
  return { parameters: [...engine.float32(parameters, elements)], state };
}

describe.each(fixture.cases)('$name', ({ specification }) => {
  it('gives the same bits in both profiles', () => {
    expect(train(engines.fused, specification)).toEqual(train(engines.portable, specification));
  });

  it('goes on with the same bits from a state that was put back', () => {
    const undisturbed = train(engines.portable, specification);
    for (const step of [1, 5, 11]) expect(train(engines.portable, specification, step)).toEqual(undisturbed);
  });

  it('has a state that starts at zero', () => {
    const engine = engines.portable;
    const { state } = createOptimizer(engine, specification, elements);
    for (const { pointer } of state) {
      expect(engine.float32(pointer, elements)).toEqual(new Float32Array(elements));
    }
    expect(new Set(state.map(({ name }) => name)).size).toBe(state.length);
  });
});

// Clipping looks at all elements together.
const unclipped = fixture.cases.filter(({ specification }) => specification.clipNorm === undefined);

describe('an optimizer that does not clip', () => {
  it.each(unclipped)('treats each element alike, wherever it lies in the vector: $name', ({ specification }) => {
    const engine = engines.portable;
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
});
