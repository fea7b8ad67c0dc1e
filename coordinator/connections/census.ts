// A count of what comes from different places. Pure.

/** How many there are, in all and by source. */
export class Census {
  readonly #bySource = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  at(source: string): number {
    return this.#bySource.get(source) ?? 0;
  }

  add(source: string): void {
    this.#size += 1;
    this.#bySource.set(source, this.at(source) + 1);
  }

  remove(source: string): void {
    const left = this.at(source) - 1;
    this.#size -= 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
