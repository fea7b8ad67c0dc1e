import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../coordinator/web/fair_queue.ts';

function queueOf(...items: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const item of items) queue.add(item.slice(0, 1), item);
  return queue;
}

function drain(queue: FairQueue<string>): readonly string[] {
  const order: string[] = [];
  for (let item = queue.next(); item !== undefined; item = queue.next()) order.push(item);
  return order;
}

describe('FairQueue', () => {
  it('serves each source in turn, and each in its own order', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(queue.size).toBe(0);
  });

  it('puts a source that comes anew behind one round of the others, however many these are', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'a4');
    queue.next();
    queue.add('b', 'b1');
    expect(drain(queue)).toEqual(['a2', 'b1', 'a3', 'a4']);
  });

  it('sheds the last of those of whom most wait', () => {
    const queue = queueOf('a1', 'b1', 'b2', 'b3', 'c1', 'c2');
    expect([queue.shed(), queue.shed(), queue.size]).toEqual(['b3', 'b2', 4]);
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'c2']);
    expect(queue.shed()).toBeUndefined();
  });

  it('forgets those who have gone, and minds nobody who was not there', () => {
    const queue = queueOf('a1', 'b1', 'b2');
    for (const item of ['a1', 'a1', 'a9']) queue.remove('a', item);
    queue.remove('b', 'b1');
    expect(queue.size).toBe(1);
    expect(drain(queue)).toEqual(['b2']);
  });
});
