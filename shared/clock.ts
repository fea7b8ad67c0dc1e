// Time as an argument: the system's in real life, a scripted or simulated one in tests.

export interface Clock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Calls `callback` once after that time, unless the function returned is called first. */
  readonly schedule: (milliseconds: number, callback: () => void) => () => void;
}
