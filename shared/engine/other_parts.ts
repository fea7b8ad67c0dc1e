// Parts of one computation that others do at the same time, as a replica sees them.

import type { Pointer } from './kernels.ts';

/**
 * Units are the microbatches of a shard, or the passes of an evaluation, counted from 0. A part of a shard is a node of
 * its reduction tree, of an evaluation one pass, so that the whole has the same bits whoever computed what.
 */
export interface OtherParts {
  /** Units from this one on that the replica must compute itself, at least 0. */
  readonly ownUnits: (unit: number) => number;
  /**
   * Units of the part that begins at this one and that another has computed: waits until it has. 0 if it will not, so
   * that they are the replica's own from now on.
   * @param betweenPasses called now and then while it waits; what it throws ends the computation
   */
  readonly otherUnits: (unit: number, betweenPasses?: () => void) => number;
  /** Copies the sums of that part, of the loss and then of each metric, and its gradient, if it has one. */
  readonly take: (unit: number, sums: Float64Array, gradient?: Pointer) => void;
}

/** Where a replica computes everything itself. */
export const nobodyElse: OtherParts = {
  ownUnits: () => Number.POSITIVE_INFINITY,
  otherUnits: () => 0,
  take: () => undefined,
};
