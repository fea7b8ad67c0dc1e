import { describe, expect, it } from 'vitest';
import { initializeParameters } from '../../../shared/engine/initialize.ts';
import type { Initializer } from '../../../shared/engine/ops/parameter.ts';
import { elementsOf, type Shape } from '../../../shared/engine/shape.ts';
import { engines, profiles } from '../kernels/profiles.ts';

/** Initial weights of tensors that stand one behind the other. */
function initialize(
  profile: (typeof profiles)[number],
  seed: number,
  ...tensors: readonly (readonly [Shape, Initializer])[]
): readonly Float32Array[] {
  const engine = engines[profile];
  let total = 0;
  const layout = tensors.map(([shape, initializer], index) => {
    const offset = total;
    total += elementsOf(shape);
    return {
      kind: 'parameter' as const,
      name: `tensor ${index}`,
      shape,
      offset,
      elements: elementsOf(shape),
      initializer,
      draw: index,
    };
  });
  const base = engine.allocate(4 * total);
  initializeParameters(engine, layout, base, seed);
  return layout.map(({ offset, elements }) => engine.float32(base, total).slice(offset, offset + elements));
}

const deviationOf = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(profiles)('initial weights in the %s profile', (profile) => {
  it.each<readonly [string, Shape, Initializer, number]>([
    ['he, dense', [200, 150], { kind: 'he' }, Math.sqrt(2 / 200)],
    ['he, filters', [5, 5, 16, 64], { kind: 'he' }, Math.sqrt(2 / (5 * 5 * 16))],
    ['xavier, dense', [200, 150], { kind: 'xavier' }, Math.sqrt(2 / (200 + 150))],
    ['xavier, filters', [5, 5, 16, 64], { kind: 'xavier' }, Math.sqrt(2 / (5 * 5 * (16 + 64)))],
    ['normal', [200, 150], { kind: 'normal', standardDeviation: 0.01 }, 0.01],
    ['uniform', [200, 150], { kind: 'uniform', low: -3, high: 3 }, Math.sqrt(3)],
  ])('of %s have the standard deviation of their formula, around 0', (_, shape, initializer, deviation) => {
    const [values = new Float32Array(0)] = initialize(profile, 3, [shape, initializer]);
    expect(deviationOf(values) / deviation).toBeCloseTo(1, 1);
    expect(Math.abs(meanOf(values)) / deviation).toBeLessThan(0.03);
  });

  it('of xavier and uniform stay in their range, those of constant are the constant', () => {
    const [xavier = [], uniform = [], constant] = initialize(
      profile,
      3,
      [[30, 20], { kind: 'xavier' }],
      [[600], { kind: 'uniform', low: 2, high: 5 }],
      [[3], { kind: 'constant', value: 0.5 }],
    );
    const limit = Math.sqrt(6 / 50);
    expect(Math.max(...xavier.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    expect(Math.max(...xavier)).toBeGreaterThan(0.95 * limit);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(5);
    expect(constant).toEqual(Float32Array.of(0.5, 0.5, 0.5));
  });

  it('differ from tensor to tensor and from seed to seed, and depend on nothing else', () => {
    const normal: readonly [Shape, Initializer] = [[50], { kind: 'normal', standardDeviation: 1 }];
    const [first, second] = initialize(profile, 11, normal, normal);
    expect(first).not.toEqual(second);
    expect(initialize(profile, 12, normal)[0]).not.toEqual(first);
    expect(initialize(profile, 11, normal, [[7], { kind: 'he' }])[0]).toEqual(first);
  });
});
