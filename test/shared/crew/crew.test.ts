import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import type { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import type { WorkAnswer } from '../../../shared/work/work_kind.ts';
import { compute, type Work } from '../../../shared/work/work_kinds.ts';
import { denseLayers, imageGraph, imageSamples } from '../engine/small_models.ts';
import { type Script, scriptedCrew } from './scripted_mates.ts';

const graph = imageGraph([{ type: 'dropout', rate: 0.3 }, ...denseLayers]);
const microbatchSize = 2;

/** All bits of an answer. */
function bitsOf(engine: Engine, replica: Replica, { vector, samples, lossSum, metricSums }: WorkAnswer) {
  const gradient = vector === undefined ? [] : [...engine.int32(vector, replica.parameterCount)];
  return { gradient, sums: [samples, lossSum, metricSums.accuracy ?? Number.NaN] };
}

/** The work by one thread, in another memory. */
async function alone(of: typeof graph, work: Work, samples: ReturnType<typeof imageSamples>, seed = 1) {
  const { engine, replica } = await scriptedCrew(of, []);
  replica.initialize(seed);
  return bitsOf(engine, replica, compute(replica, work, samples));
}

const gradientWork = (first: number, count: number): Work => ({ kind: 'gradient', step: 3, shard: { first, count } });
const evaluationWork: Work = { kind: 'evaluation', step: 3, shard: { first: 0, count: 1 } };

describe('a crew', () => {
  it('gives the bits of one thread: any shard, any size, whoever sleeps or is absent, whatever is drawn', async () => {
    const script = fc.constantFrom<Script>('answers', 'answers', 'answers', 'sleeps', 'absent');
    await fc.assert(
      fc.asyncProperty(
        fc.array(script, { maxLength: 7 }),
        fc.integer({ min: 1, max: 45 }),
        fc.integer({ min: 0, max: 1 }),
        async (scripts, samples, position) => {
          const [count, inputs] = [Math.ceil(samples / microbatchSize), imageSamples(samples, samples)];
          const work = gradientWork(position * 2 ** Math.ceil(Math.log2(count)), count);
          const { crew, replica, engine } = await scriptedCrew(graph, [...scripts]);
          replica.initialize(1);
          const found = bitsOf(engine, replica, crew.compute(work, inputs));
          expect(found).toEqual(await alone(graph, work, inputs));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('lends as many stretches as it has mates that are worth it', async () => {
    for (const [samples, leastOperations, lent] of [
      [16, 0, 3],
      [6, 0, 2],
      [2, 0, 0],
      [16, 1e9, 0],
    ] as const) {
      const { crew, answered } = await scriptedCrew(graph, ['answers', 'answers', 'answers'], { leastOperations });
      crew.compute(gradientWork(0, samples / microbatchSize), imageSamples(samples));
      expect(answered()).toBe(lent);
    }
  });

  it('measures a block with the sums of one thread, pass after pass', async () => {
    const inputs = imageSamples(530);
    const expected = await alone(graph, evaluationWork, inputs);
    for (const scripts of [['answers'], ['answers', 'sleeps', 'answers'], Array(7).fill('answers')] as Script[][]) {
      const { crew, replica, engine, answered } = await scriptedCrew(graph, [...scripts]);
      replica.initialize(1);
      expect(bitsOf(engine, replica, crew.compute(evaluationWork, inputs))).toEqual(expected);
      expect(answered()).toBeGreaterThan(0);
    }
  });

  it('computes with the parameters as they are, each time that they change', async () => {
    const { crew, replica, engine, answered } = await scriptedCrew(graph, ['answers']);
    const [work, inputs] = [gradientWork(0, 8), imageSamples(16)];
    for (const seed of [1, 2, 2, 3]) {
      replica.initialize(seed);
      expect(bitsOf(engine, replica, crew.compute(work, inputs))).toEqual(await alone(graph, work, inputs, seed));
    }
    expect(answered()).toBe(4);
  });

  it('replaces mates by some with more room when a stretch needs it', async () => {
    const { crew, orders, settle, answered, replica, engine } = await scriptedCrew(imageGraph(denseLayers), [
      'answers',
    ]);
    replica.initialize(1);
    const [work, inputs] = [gradientWork(0, 1024), imageSamples(2048)];
    crew.compute(work, inputs);
    expect([answered(), orders.length]).toEqual([0, 2]);
    await settle();
    const found = bitsOf(engine, replica, crew.compute(work, inputs));
    expect([answered(), orders.length]).toEqual([1, 2]);
    expect(found).toEqual(await alone(imageGraph(denseLayers), work, inputs));
  });
});

describe('a crew in trouble', () => {
  const [work, inputs] = [gradientWork(0, 8), imageSamples(16)];

  it('leaves a mate out until it is through with what it was late with', async () => {
    const { crew, scripts, answered, troubles, pass } = await scriptedCrew(graph, ['sleeps']);
    crew.compute(work, inputs);
    pass(1_000);
    crew.compute(work, inputs);
    expect([answered(), crew.size, troubles]).toEqual([0, 1, []]);
    scripts[0] = 'answers';
    crew.compute(work, inputs); // The late one looks up, but was called off.
    crew.compute(work, inputs);
    expect([crew.size, answered()]).toEqual([2, 2]);
  });

  it('lets a mate rest that was late, twice as long if it is late again', async () => {
    const { crew, scripts, answered, pass } = await scriptedCrew(graph, ['sleeps']);
    for (const rest of [100, 200]) {
      crew.compute(work, inputs);
      const before = answered();
      scripts[0] = 'answers';
      pass(rest - 50);
      crew.compute(work, inputs);
      expect(answered() - before).toBeLessThanOrEqual(1); // It looks up, and is lent nothing.
      expect(crew.size).toBe(1);
      pass(rest);
      expect(crew.size).toBe(2);
      scripts[0] = 'sleeps';
    }
  });

  it('replaces a mate that has ended, and says so once', async () => {
    const { crew, kill, settle, orders, troubles, answered } = await scriptedCrew(graph, ['answers', 'answers']);
    crew.compute(work, inputs);
    kill(0, 'out of memory');
    crew.compute(work, inputs);
    expect([orders.length, answered(), crew.size]).toEqual([3, 3, 2]);
    expect(troubles).toEqual(['a thread of the crew has ended (out of memory): another takes its place']);
    await settle();
    expect(crew.size).toBe(3);
  });

  it('replaces a mate that has not answered for half a minute', async () => {
    const { crew, orders, troubles, pass } = await scriptedCrew(graph, ['sleeps']);
    crew.compute(work, inputs);
    pass(31_000);
    crew.compute(work, inputs);
    expect(orders).toHaveLength(2);
    expect(troubles).toEqual(['a thread of the crew has ended (it no longer answers): another takes its place']);
  });

  it('goes on with fewer where mates end as soon as they are started', async () => {
    const { crew, kill, orders, troubles } = await scriptedCrew(graph, ['absent', 'absent']);
    for (const mate of [0, 2, 3]) kill(mate, 'no memory');
    expect(orders).toHaveLength(4);
    expect(troubles.at(-1)).toBe('a thread of the crew has ended (no memory): the crew goes on with 2');
    crew.compute(work, inputs);
  });

  it('fails as one thread does where samples are wrong, and is whole afterwards', async () => {
    const { crew, replica, engine } = await scriptedCrew(graph, ['answers']);
    replica.initialize(1);
    const wrong = { ...inputs, fields: [inputs.fields[0] ?? new Uint8Array(0), new Uint8Array(16).fill(7, 15)] };
    expect(() => crew.compute(work, wrong)).toThrow('label 7 of sample 15');
    expect(() => crew.compute(work, { ...inputs, fields: [] })).toThrow(InputError);
    expect(bitsOf(engine, replica, crew.compute(work, inputs))).toEqual(await alone(graph, work, inputs));
  });

  it('calls its mates off where the computation is ended between two passes', async () => {
    const { crew, replica, engine, answered } = await scriptedCrew(graph, ['sleeps']);
    replica.initialize(1);
    const end = new Error('out of time');
    expect(() =>
      crew.compute(work, inputs, () => {
        throw end;
      }),
    ).toThrow(end);
    expect(bitsOf(engine, replica, crew.compute(work, inputs))).toEqual(await alone(graph, work, inputs));
    expect(answered()).toBe(0);
  });
});
