// Bugs that requests bring to light, for the operator: one line each, and only so many, whoever finds one may ask often.

import { plainText } from '../../shared/protocol/plain_text.ts';

/** Milliseconds between two lines. */
const pause = 10_000;

export class Troubles {
  readonly #tell: (line: string) => void;
  /** Monotonic milliseconds. */
  readonly #now: () => number;
  #toldAt: number | undefined;
  #untold = 0;

  constructor(tell: (line: string) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  /** @param what a few words on what did not work; they may quote a stranger. */
  tell(what: string, error: unknown): void {
    const now = this.#now();
    if (this.#toldAt !== undefined && now - this.#toldAt < pause) {
      this.#untold += 1;
      return;
    }
    const more = this.#untold === 0 ? '' : ` (and ${this.#untold} more before)`;
    this.#toldAt = now;
    this.#untold = 0;
    this.#tell(`${plainText(what)}: ${placeOf(error)}${more}`);
  }
}

/** The error and the line that threw it. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return `${error.message}${place === undefined ? '' : ` ${place.trim()}`}`;
}
