// When a checkpoint is due, and which ones are kept: the last few, and the best. Pure.

/** When checkpoints are due besides at the end of each epoch, and how many are kept. */
export interface CheckpointPolicy {
  /** A checkpoint at each multiple of so many steps; 0 for none. The ends of epochs have theirs in any case. */
  readonly steps: number;
  /** A checkpoint whenever so many seconds have passed since the last; 0 for none. */
  readonly seconds: number;
  /** How many of the newest are kept, 1 or more. */
  readonly keep: number;
}

/** What a run does whose user asked for nothing else. */
export const defaultCheckpointPolicy: CheckpointPolicy = { steps: 0, seconds: 60, keep: 3 };

/** @param elapsed milliseconds since the last checkpoint, or since the start. */
export function isCheckpointDue({ steps, seconds }: CheckpointPolicy, step: number, elapsed: number): boolean {
  if (steps > 0 && step % steps === 0) return true;
  return seconds > 0 && elapsed >= 1000 * seconds;
}

/**
 * Of the steps that have a checkpoint, those that may go to make room for a newer one, the first to go first: the oldest,
 * then the best and the one that the run began with.
 * @param last the newest that is whole: it stays until a newer one is
 * @param dear steps whose checkpoint goes last
 */
export function dispensableCheckpoints(
  steps: readonly number[],
  last: number | undefined,
  dear: readonly (number | undefined)[],
): readonly number[] {
  const oldestFirst = steps.filter((step) => step !== last).sort((one, other) => one - other);
  const isDear = (step: number) => dear.includes(step);
  return [...oldestFirst.filter((step) => !isDear(step)), ...oldestFirst.filter(isDear)];
}

/**
 * Of the steps that have a checkpoint, those whose checkpoint is no longer needed.
 * @param kept steps whose checkpoint stays, however old it is
 */
export function supersededCheckpoints(
  steps: readonly number[],
  keep: number,
  kept: readonly (number | undefined)[],
): readonly number[] {
  const newestFirst = [...steps].sort((one, other) => other - one);
  return newestFirst.slice(keep).filter((step) => !kept.includes(step));
}
