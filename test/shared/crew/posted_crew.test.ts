import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormedCrew } from '../../../shared/crew/crew_form.ts';
import { postedCrew } from '../../../shared/crew/posted_crew.ts';
import { PostedMate } from '../../../shared/crew/posted_mate.ts';
import type { FromMate, ToMate } from '../../../shared/crew/posted_messages.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import type { WorkAnswer } from '../../../shared/work/work_kind.ts';
import { compute, type Work } from '../../../shared/work/work_kinds.ts';
import { convolutionalLayers, imageGraph, imageSamples } from '../engine/small_models.ts';

const graph = imageGraph([{ type: 'dropout', rate: 0.3 }, ...convolutionalLayers]);
const microbatchSize = 2;

/** What a mate does with each of its tasks: `dies` ends its thread, `sleeps` never answers. */
type Script = 'answers' | 'fails' | 'dies' | 'sleeps';

interface World {
  readonly crew: FormedCrew;
  readonly bits: (answer: WorkAnswer) => unknown;
  readonly replica: Replica;
  /** Mates that were started, tasks that they answered. */
  readonly counts: { started: number; answered: number };
  readonly troubles: readonly string[];
}

/** A crew whose mates live in this thread; buffers are transferred, so that none can be used on both sides. */
async function world(scripts: readonly Script[]): Promise<World> {
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, graph, { microbatchSize });
  const counts = { started: 0, answered: 0 };
  const troubles: string[] = [];
  const ready: Promise<unknown>[] = [];
  const startThread = (onMessage: (message: FromMate) => void, onEnded: (reason: string) => void) => {
    const script = scripts[counts.started] ?? 'answers';
    counts.started += 1;
    let mate: PostedMate | undefined;
    const answer = (message: FromMate, transfer: readonly ArrayBuffer[]) => {
      const moved = structuredClone(message, { transfer: [...transfer] });
      if (moved.type === 'answered') counts.answered += 1;
      if (moved.type === 'answered' && script === 'fails') onMessage({ type: 'failed', buffers: moved.buffers });
      else onMessage(moved);
    };
    const take = (message: ToMate) => {
      if (message.type === 'be a mate') {
        ready.push(
          PostedMate.create(message, loadEngine, answer).then((created) => {
            mate = created;
          }),
        );
      } else if (script === 'dies') queueMicrotask(() => onEnded('as scripted'));
      else if (script !== 'sleeps') queueMicrotask(() => mate?.take(message));
    };
    const post = (message: ToMate, transfer: readonly ArrayBuffer[]) =>
      take(structuredClone(message, { transfer: [...transfer] }));
    return { post, end: () => undefined };
  };
  // No time is waited for: whoever has not answered by the next turn is late.
  const clock = {
    now: () => 0,
    schedule: (_: number, callback: () => void) => {
      const turn = setImmediate(callback);
      return () => clearImmediate(turn);
    },
  };
  const onTrouble = (message: string) => troubles.push(message);
  const crew = postedCrew({ threads: 1 + scripts.length, startThread, clock, onTrouble }, 0).form({
    ...{ engine, replica, graph },
    maximumBytes: 2 ** 30,
  });
  await Promise.all(ready);
  replica.initialize(1);
  const bits = ({ vector, samples, lossSum, metricSums }: WorkAnswer) => {
    const gradient = vector === undefined ? [] : [...engine.int32(vector, replica.parameterCount)];
    return { gradient, sums: [samples, lossSum, metricSums.accuracy ?? Number.NaN] };
  };
  return { crew, bits, replica, counts, troubles };
}

const gradientWork = (count: number): Work => ({ kind: 'gradient', step: 3, shard: { first: 0, count } });
const evaluationWork: Work = { kind: 'evaluation', step: 3, shard: { first: 0, count: 1 } };

async function alone(work: Work, samples: ReturnType<typeof imageSamples>, seed = 1) {
  const { replica, bits } = await world([]);
  replica.initialize(seed);
  return bits(compute(replica, work, samples));
}

describe('a crew that shares no memory', () => {
  it('gives the bits of one thread, whoever fails, dies or sleeps', async () => {
    const script = fc.constantFrom<Script>('answers', 'answers', 'fails', 'dies', 'sleeps');
    await fc.assert(
      fc.asyncProperty(
        fc.array(script, { maxLength: 4 }),
        fc.integer({ min: 1, max: 41 }),
        async (scripts, samples) => {
          const [work, inputs] = [gradientWork(Math.ceil(samples / microbatchSize)), imageSamples(samples, samples)];
          const { crew, bits } = await world(scripts);
          expect(bits(await crew.compute(work, inputs))).toEqual(await alone(work, inputs));
        },
      ),
      { numRuns: 10 },
    );
  });

  it('computes with the parameters as they are, each time that they change, by all of its threads', async () => {
    const { crew, replica, bits, counts } = await world(['answers', 'answers']);
    for (const seed of [1, 2, 2, 3]) {
      replica.initialize(seed);
      const inputs = imageSamples(16);
      expect(bits(await crew.compute(gradientWork(8), inputs))).toEqual(await alone(gradientWork(8), inputs, seed));
    }
    expect(counts.answered).toBe(8);
  });

  it('measures a block with the sums of one thread', async () => {
    const { crew, bits, counts } = await world(['answers']);
    const inputs = imageSamples(530);
    expect(bits(await crew.compute(evaluationWork, inputs))).toEqual(await alone(evaluationWork, inputs));
    expect(counts.answered).toBe(1);
  });

  it('replaces a thread that has died', async () => {
    const { crew, counts, troubles } = await world(['dies']);
    await crew.compute(gradientWork(8), imageSamples(16));
    expect(counts.started).toBe(2);
    expect(troubles).toEqual(['a thread of the crew has ended (as scripted): another takes its place']);
  });

  it('answers nothing once it is closed', async () => {
    const { crew } = await world(['sleeps']);
    const answer = crew.compute(gradientWork(8), imageSamples(16));
    crew.close();
    await expect(answer).rejects.toThrow('closed');
  });
});
