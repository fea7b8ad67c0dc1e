// Time that jumps from one event to the next.

import type { Clock } from '../../shared/clock.ts';

interface Event {
  readonly at: number;
  /** Events of one moment happen in the order in which they were planned. */
  readonly order: number;
  callback: (() => void) | undefined;
}

export class VirtualTime {
  now = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  /** When the next event is, if there is one. */
  get next(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Plans something; returns how to call it off. */
  at(moment: number, callback: () => void): () => void {
    const event: Event = { at: Math.max(this.now, moment), order: this.#order++, callback };
    this.#push(event);
    return () => {
      event.callback = undefined;
    };
  }

  after(milliseconds: number, callback: () => void): () => void {
    return this.at(this.now + milliseconds, callback);
  }

  /** Resolves when that much time has passed. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Lets the next event happen; false if there is none. */
  step(): boolean {
    for (;;) {
      const event = this.#pop();
      if (event === undefined) return false;
      if (event.callback === undefined) continue;
      this.now = event.at;
      event.callback();
      return true;
    }
  }

  /** A clock whose timers stop with `isAlive`, as those of a process do that was killed. */
  clockOf(isAlive: () => boolean): Clock {
    return {
      now: () => this.now,
      schedule: (milliseconds, callback) =>
        this.after(milliseconds, () => {
          if (isAlive()) callback();
        }),
    };
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const smaller = heap[child];
      if (smaller === undefined || isBefore(last, smaller)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
