// What strangers do, in lines for the operator, who must not be drowned in them: of each kind one now and then, and how many
// there were. Pure.

export type Trouble = 'refused' | 'dropped' | 'undecodable' | 'memory' | 'bug';

/** Milliseconds between two lines of a kind. */
const interval = 60_000;

interface Kind {
  lastAt: number;
  /** Those not told. */
  untold: number;
}

export class TroubleLog {
  readonly #write: (line: string) => void;
  readonly #kinds = new Map<Trouble, Kind>();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Writes the line, or counts it if another of its kind was written not long ago. @param now monotonic milliseconds */
  tell(trouble: Trouble, line: string, now: number): void {
    const kind = this.#kinds.get(trouble);
    if (kind !== undefined && now - kind.lastAt < interval) {
      kind.untold += 1;
      return;
    }
    const untold = kind?.untold ?? 0;
    this.#kinds.set(trouble, { lastAt: now, untold: 0 });
    this.#write(untold === 0 ? line : `${line} (and ${untold.toLocaleString('en')} more like it before)`);
  }
}
