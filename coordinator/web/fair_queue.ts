// Those who wait, each source in turn: whoever comes often waits behind others who come rarely, not the other way round.
// Pure.

export class FairQueue<Item> {
  /** The source whose turn it is at the front. */
  readonly #bySource = new Map<string, Set<Item>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  add(source: string, item: Item): void {
    this.#size += 1;
    const items = this.#bySource.get(source);
    if (items === undefined) this.#bySource.set(source, new Set([item]));
    else items.add(item);
  }

  /** Takes out whose turn it is; undefined if nobody waits. */
  next(): Item | undefined {
    for (const [source, items] of this.#bySource) {
      this.#bySource.delete(source);
      for (const item of items) {
        items.delete(item);
        this.#size -= 1;
        if (items.size > 0) this.#bySource.set(source, items);
        return item;
      }
    }
    return undefined;
  }

  /** Takes out the last of those of whom most wait; undefined if nobody does. */
  shed(): Item | undefined {
    let [longest, from] = [new Set<Item>(), ''];
    for (const [source, items] of this.#bySource) if (items.size > longest.size) [longest, from] = [items, source];
    let last: Item | undefined;
    for (const item of longest) last = item;
    if (last !== undefined) this.remove(from, last);
    return last;
  }

  /** Forgets one that does not wait any more; it need not be there. */
  remove(source: string, item: Item): void {
    const items = this.#bySource.get(source);
    if (!items?.delete(item)) return;
    this.#size -= 1;
    if (items.size === 0) this.#bySource.delete(source);
  }
}
