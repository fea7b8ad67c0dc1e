// When to try again: exponential backoff with jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015), so that a thousand workers whose coordinator restarts do not return in one instant. How long depends on
// why a conversation was lost: what is likely to mend itself is tried again soon.

/** Why a conversation was lost, or did not come about. */
export type LossCause =
  /** The connection broke, or there was nobody. */
  | 'connection'
  /** The coordinator has said that the run was stopped and will go on. */
  | 'stopped'
  /** The coordinator has too many connections at the moment. */
  | 'busy'
  /** One side took what the other sent for a violation of the protocol. */
  | 'violation'
  /** The coordinator asked for more than the worker gives. */
  | 'limit';

interface Pattern {
  /** The longest first wait, in milliseconds; it doubles from attempt to attempt. */
  readonly first: number;
  /** The longest wait of all, in milliseconds. */
  readonly longest: number;
  /** The part of a wait that is never left to chance. */
  readonly certain: number;
}

const patterns: Readonly<Record<LossCause, Pattern>> = {
  // A coordinator that is back has its workers back within seconds.
  connection: { first: 500, longest: 10_000, certain: 0 },
  stopped: { first: 2_000, longest: 10_000, certain: 0 },
  busy: { first: 20_000, longest: 120_000, certain: 0.5 },
  // Another attempt is unlikely to help, and costs both sides.
  violation: { first: 60_000, longest: 900_000, certain: 0.5 },
  limit: { first: 60_000, longest: 900_000, certain: 0.5 },
};

/** The longest that a coordinator, or what stands in front of it, can make a worker wait, in milliseconds. */
export const longestAsked = 600_000;

/** Those who were asked to come again after the same time are spread over so many milliseconds. */
const askedSpread = 10_000;

/**
 * Milliseconds to wait before attempt number `attempt` + 1, after `attempt` (from 0) such losses before this one: between
 * what is certain of a bound and the bound, which doubles up to the longest.
 * @param random a number in [0, 1).
 */
export function backoff(attempt: number, random: number, cause: LossCause = 'connection'): number {
  const { first, longest, certain } = patterns[cause];
  const bound = Math.min(longest, first * 2 ** attempt);
  return bound * (certain + (1 - certain) * random);
}

/** As `backoff`, and at least as long as was asked for, in milliseconds. */
export function backoffAsked(attempt: number, random: number, cause: LossCause, asked: number): number {
  return Math.max(backoff(attempt, random, cause), Math.min(asked, longestAsked) + askedSpread * random);
}
