import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Weights } from '../../../coordinator/computation/weights.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { engines } from '../../shared/kernels/profiles.ts';

/** What make_optimizer_fixture.py wrote of PyTorch's AveragedModel. */
interface Fixture {
  readonly average: {
    readonly decay: number;
    readonly steps: readonly { readonly weights: readonly number[]; readonly average: readonly number[] }[];
  };
}

const file = new URL('../../oracle/fixtures/optimizers.json', import.meta.url);
const { average: fixture }: Fixture = JSON.parse(await readFile(file, 'utf8'));
const elements = fixture.steps[0]?.weights.length ?? 0;

/** A model of so many weights. */
function graphOf(columns: number): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [1] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [columns] });
  const weight = builder.parameter('weight', [1, columns], { kind: 'he' });
  const y = builder.matmul('y', x, weight);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', y, target), prediction: y });
}

function create(decay: number | undefined, keepsBest = false) {
  const engine = engines.portable;
  const replica = Replica.create(engine, graphOf(elements), { microbatchSize: 1 });
  const weights = new Weights({ engine, replica, average: decay === undefined ? undefined : { decay }, keepsBest });
  const floatsOf = (bytes: Uint8Array | undefined) => [
    ...new Float32Array((bytes ?? new Uint8Array(0)).slice().buffer),
  ];
  const train = (values: readonly number[], step: number) => {
    weights.trained.set(new Uint8Array(Float32Array.from(values).buffer));
    weights.follow(step);
  };
  return { weights, replica, floatsOf, train };
}

const constant = (value: number) => Array<number>(elements).fill(value);

describe('the moving average of the weights', () => {
  it('is PyTorch’s', () => {
    const { weights, floatsOf, train } = create(fixture.decay);
    fixture.steps.forEach(({ weights: trained, average }, index) => {
      train(trained, index + 1);
      floatsOf(weights.averaged).forEach((value, element) => {
        expect(Math.abs(value - (average[element] ?? Number.NaN))).toBeLessThan(1e-6);
      });
    });
  });

  it('is what the replica computes with while it is measured, and what is trained stays as it is', () => {
    const { weights, replica, floatsOf, train } = create(0.5);
    train(constant(1), 1);
    train(constant(2), 2);
    weights.use('averaged');
    expect([...replica.readParameters()]).toEqual(constant(1.5));
    expect([floatsOf(weights.trained), floatsOf(weights.averaged)]).toEqual([constant(2), constant(1.5)]);
    weights.use('averaged');
    weights.use('trained');
    expect([...replica.readParameters()]).toEqual(constant(2));
    expect([floatsOf(weights.trained), floatsOf(weights.forUse)]).toEqual([constant(2), constant(1.5)]);
  });

  it('begins with the weights that the run begins with', () => {
    const { weights, floatsOf } = create(0.5);
    weights.trained.set(new Uint8Array(Float32Array.from(constant(3)).buffer));
    weights.begin();
    expect(floatsOf(weights.forUse)).toEqual(constant(3));
  });
});

describe('the result of a run', () => {
  it.each([
    ['trained', undefined, false, 2],
    ['averaged', 0.5, false, 1.5],
    ['best', undefined, true, 1],
    ['best', 0.5, true, 1],
  ] as const)('is what was %s (decay %s, keeps the best: %s)', (which, decay, keepsBest, expected) => {
    const { weights, replica, train } = create(decay, keepsBest);
    train(constant(1), 1);
    weights.keepBest();
    train(constant(2), 2);
    expect(weights.adoptResult()).toBe(which);
    expect([...replica.readParameters()]).toEqual(constant(expected));
  });
});
