// Bugs that requests bring to light, for the operator: a line now and then, whoever finds one may ask often.

import { plainText } from '../../shared/protocol/plain_text.ts';
import { TroubleLog } from '../connections/trouble_log.ts';

export class Troubles {
  readonly #log: TroubleLog;
  /** Monotonic milliseconds. */
  readonly #now: () => number;

  constructor(tell: (line: string) => void, now: () => number) {
    this.#log = new TroubleLog(tell);
    this.#now = now;
  }

  /** @param what a few words on what did not work; they may quote a stranger. */
  tell(what: string, error: unknown): void {
    this.#log.tell('bug', `${plainText(what)}: ${placeOf(error)}`, this.#now());
  }
}

/** The error and the line that threw it. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return `${error.message}${place === undefined ? '' : ` ${place.trim()}`}`;
}
