// Waiting for time to pass, unless told to stop.

import type { Clock } from './clock.ts';

/** What a wait needs of an `AbortSignal`, which is one of the platform's. */
export interface WaitSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Resolves after that time, or at once when the signal aborts. */
export function wait(clock: Clock, milliseconds: number, signal: WaitSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.schedule(milliseconds, end);
    signal.addEventListener('abort', end);
  });
}
