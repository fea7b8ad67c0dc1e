// Standard output that somebody may close, like `gradswarm train … | head -3`, and standard error beside it.

import { exitCodes } from './exit_codes.ts';
import { printWarning } from './terminal.ts';

/** What a pipe without a reader and a terminal that is gone say. */
const closedCodes: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

const listeners = new Set<() => void>();
let state: 'open' | 'failing' | 'closed' = 'open';

/**
 * Lets this process survive that nobody reads what it says. A command that does not ask to be told ends, as programs do
 * whose reader has gone; what cannot be written for another reason (a full disk) is said once.
 */
export function watchOutput(): void {
  process.stdout.on('error', onError);
  // Where nobody hears, there is nobody to tell.
  process.stderr.on('error', () => undefined);
}

/** Calls back when nobody reads standard output any more, instead of ending the process. */
export function onOutputClosed(callback: () => void): void {
  listeners.add(callback);
}

/** Says it where somebody may still read. */
export function say(line: string): void {
  if (state === 'closed') console.error(line);
  else console.log(line);
}

function onError({ code, message }: NodeJS.ErrnoException): void {
  if (!closedCodes.has(code)) {
    if (state === 'open') printWarning(`standard output cannot be written (${code ?? message}); the command goes on`);
    state = state === 'open' ? 'failing' : state;
    return;
  }
  if (state === 'closed') return;
  state = 'closed';
  if (listeners.size === 0) process.exit(exitCodes.outputClosed);
  for (const listener of listeners) listener();
}
