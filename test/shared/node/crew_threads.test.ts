// A crew of real threads, the built ones.

import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Crew } from '../../../shared/crew/crew.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { crewThreads } from '../../../shared/node/crew_threads.ts';
import { compute, type Work } from '../../../shared/work/work_kinds.ts';
import { root } from '../../source_files.ts';
import { convolutionalLayers, imageGraph, imageSamples } from '../engine/small_models.ts';

const graph = imageGraph(convolutionalLayers);
const samples = imageSamples(22);
const built = pathToFileURL(`${root}/dist/shared/node/crew_thread.js`);
const stillborn = new URL('./fixtures/stillborn_mate.mjs', import.meta.url);
const mortal = new URL('./fixtures/mortal_mate.mjs', import.meta.url);

const crews: Crew[] = [];
afterEach(() => {
  for (const crew of crews.splice(0)) crew.close();
});

async function start(threads: number, entry: URL) {
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, graph, { microbatchSize: 2 });
  replica.initialize(1);
  const troubles: string[] = [];
  const platform = crewThreads({ threads, entry, onTrouble: (message) => troubles.push(message) });
  const crew = new Crew({ ...platform, engine, replica, graph, maximumBytes: 2 ** 28, leastOperations: 0 });
  crews.push(crew);
  const bits = (work: Work, by: 'crew' | 'lead') => {
    const { vector, lossSum } = by === 'crew' ? crew.compute(work, samples) : compute(replica, work, samples);
    return [lossSum, ...(vector === undefined ? [] : engine.int32(vector, replica.parameterCount))];
  };
  return { crew, troubles, bits };
}

const gradient: Work = { kind: 'gradient', step: 0, shard: { first: 0, count: 11 } };

/** Turns of the event loop until so many threads can compute, or something else holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('a crew of threads', () => {
  it('gives the bits of one thread', async () => {
    const { crew, bits } = await start(4, built);
    await until(() => crew.size === 4);
    const evaluation: Work = { kind: 'evaluation', step: 0, shard: { first: 0, count: 1 } };
    for (const work of [gradient, evaluation, gradient]) expect(bits(work, 'crew')).toEqual(bits(work, 'lead'));
    await until(() => crew.size === 4); // None is lost; one that was late may rest for a while.
  });

  it('gives them while threads die with work in their hands, and replaces these', async () => {
    const { crew, troubles, bits } = await start(2, mortal);
    for (const deaths of [1, 2, 3]) {
      await until(() => crew.size === 2);
      // A thread that was late rests, and is lent nothing for a while.
      await until(() => {
        expect(bits(gradient, 'crew')).toEqual(bits(gradient, 'lead'));
        return troubles.length === deaths;
      });
    }
    const line = 'a thread of the crew has ended (pulled out): another takes its place';
    expect(troubles).toEqual([line, line, line]);
  });

  it('goes on alone where threads always die', async () => {
    const { crew, troubles, bits } = await start(2, stillborn);
    for (const deaths of [1, 2, 3]) {
      await until(() => crew.size === 2);
      expect(bits(gradient, 'crew')).toEqual(bits(gradient, 'lead'));
      await until(() => troubles.length === deaths);
    }
    expect(troubles.at(-1)).toBe('a thread of the crew has ended (pulled out): the crew goes on with 1');
    expect(bits(gradient, 'crew')).toEqual(bits(gradient, 'lead'));
  });
});
