// When to try again: exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015), so that a thousand workers whose coordinator restarts do not return in one instant.

/** The longest first wait, in milliseconds. */
export const firstBackoff = 500;

/** The longest wait of all, in milliseconds: a coordinator that is back has its workers back within seconds. */
export const longestBackoff = 10_000;

/**
 * Milliseconds to wait before attempt number `attempt` + 1, after `attempt` (from 0) failed ones before this one:
 * uniform between 0 and a bound that doubles up to `longestBackoff`.
 * @param random a number in [0, 1).
 */
export function backoff(attempt: number, random: number): number {
  let bound = firstBackoff;
  for (let doubled = 0; doubled < attempt && bound < longestBackoff; doubled++) bound *= 2;
  return random * Math.min(bound, longestBackoff);
}
