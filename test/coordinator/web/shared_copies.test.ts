import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../coordinator/connections/memory_budget.ts';
import { SharedCopies } from '../../../coordinator/web/shared_copies.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';

function begin(freshFor: number, memory = new MemoryBudget(1_000)) {
  const clock = new ScriptedClock();
  const copies = new SharedCopies<number>({ maximum: 2, freshFor, clock, memory });
  const hold = (key: number, cut: () => void = () => undefined) => copies.hold(key, () => Uint8Array.of(key), cut);
  return { clock, copies, hold, memory };
}

describe('shared copies', () => {
  it('are made once for all who ask for the same, and gone when the last has let go', () => {
    const { copies, hold } = begin(0);
    const held = Array.from({ length: 40 }, () => hold(1));
    expect(new Set(held.map((each) => each?.bytes)).size).toBe(1);
    for (const each of held.slice(1)) each?.release();
    held[1]?.release(); // again, which changes nothing
    expect(copies.count).toBe(1);
    held[0]?.release();
    expect(copies.count).toBe(0);
  });

  it('are at most so many different ones', () => {
    const { hold } = begin(0);
    const first = hold(1);
    hold(2);
    expect(hold(3)).toBeUndefined();
    first?.release();
    expect(hold(3)?.key).toBe(3);
  });

  it('stand for newer ones for a while, and as long as there is no room for those', () => {
    const { clock, hold } = begin(1_000);
    hold(1);
    expect(hold(2)?.key).toBe(1);
    clock.advance(1_000);
    expect(hold(3)?.key).toBe(3);
    clock.advance(1_000);
    expect(hold(4)?.key).toBe(3);
  });

  it('that nobody reads any more are kept until they are old, and no longer', () => {
    const { clock, copies, hold } = begin(1_000);
    hold(1)?.release();
    expect(hold(2)?.key).toBe(1);
    clock.advance(1_000);
    expect(copies.count).toBe(1); // somebody reads it again
    hold(1)?.release();
    const other = begin(1_000);
    other.hold(1)?.release();
    other.clock.advance(1_000);
    expect(other.copies.count).toBe(0);
  });

  it('are held once in the memory of all peers, as long as they are kept', () => {
    const { clock, hold, memory } = begin(1_000);
    const held = [hold(1), hold(1)];
    expect(memory.used).toBe(1);
    for (const each of held) each?.release();
    expect(memory.used).toBe(1);
    clock.advance(1_000);
    expect(memory.used).toBe(0);
  });

  it('are cut from all their readers where memory is short, and not made where there is none', () => {
    const { copies, hold, memory } = begin(0, new MemoryBudget(1));
    const cuts: string[] = [];
    const first = hold(1, () => cuts.push('first'));
    hold(1, () => cuts.push('second'));
    expect(hold(2, () => cuts.push('third'))).toBeUndefined();
    expect(cuts).toEqual([]);
    const worker = memory.open(() => cuts.push('worker'));
    worker.trust();
    worker.add(1);
    expect(cuts).toEqual(['first', 'second']);
    first?.release();
    expect([copies.count, memory.used]).toEqual([0, 1]);
  });
});
