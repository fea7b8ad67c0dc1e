// The browser's time.

import type { Clock } from '../../shared/clock.ts';

export const browserClock: Clock = {
  now: () => performance.now(),
  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
