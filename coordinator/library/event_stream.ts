// Events for whoever iterates over them: they wait until they are asked for.

export class EventStream<Event> implements AsyncIterable<Event> {
  readonly #readers = new Set<Reader<Event>>();
  #end: { readonly error?: unknown } | undefined;

  /** Hands an event to everyone who iterates now. */
  push(event: Event): void {
    for (const reader of this.#readers) reader.push(event);
  }

  /** Ends every iteration behind its last event, with an error if one is given. */
  finish(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end;
    for (const reader of this.#readers) reader.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    const reader = new Reader<Event>();
    this.#readers.add(reader);
    try {
      for (;;) {
        yield* reader.take();
        if (this.#end === undefined) await reader.woken();
        else if (reader.isEmpty) break;
      }
    } finally {
      this.#readers.delete(reader);
    }
    if (this.#end !== undefined && 'error' in this.#end) throw this.#end.error;
  }
}

class Reader<Event> {
  #waiting: Event[] = [];
  #wake: () => void = () => undefined;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(event: Event): void {
    this.#waiting.push(event);
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  *take(): Iterable<Event> {
    for (const event of this.#waiting.splice(0)) yield event;
  }

  /** Resolves when there is something new. */
  woken(): Promise<void> {
    if (!this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
