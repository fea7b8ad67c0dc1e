import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointQueue } from '../../../coordinator/records/checkpoint_queue.ts';

const checkpoint = (step: number, size = 100) => ({ step, bytes: new Uint8Array(size) });

function drain(queue: CheckpointQueue): readonly number[] {
  const steps: number[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) steps.push(next.step);
  return steps;
}

describe('CheckpointQueue', () => {
  it('gives them in order, each once, and those of one step as the newest', () => {
    const queue = new CheckpointQueue({ keep: 10, maximumBytes: 1000 });
    for (const step of [1, 2, 2, 3]) expect(queue.add(checkpoint(step), undefined)).toEqual([]);
    expect(drain(queue)).toEqual([1, 2, 3]);
  });

  it('holds no more bytes than allowed, but for the best and the newest, and tells of all that had to go', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.nat({ max: 300 }), fc.nat(), (each, maximumBytes, pick) => {
        const best = pick % each.length;
        const queue = new CheckpointQueue({ keep: 1000, maximumBytes });
        const skipped = each.flatMap((size, step) => queue.add(checkpoint(step, size), best));
        const held = drain(queue);
        const bytes = held.reduce((sum, step) => sum + (each[step] ?? 0), 0);
        const newest = each.length - 1;
        if (held.some((step) => step !== best && step !== newest)) expect(bytes).toBeLessThanOrEqual(maximumBytes);
        expect(held).toEqual(expect.arrayContaining([best, newest]));
        expect([...skipped, ...held].sort((one, other) => one - other)).toEqual([...each.keys()]);
      }),
    );
  });
});
