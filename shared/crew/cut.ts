// How work is cut among the threads of a crew. Pure.
//
// Each thread gets a stretch of units that lie together, so that its samples do; a stretch is answered in parts, each of
// which is joined to the whole as one. The sum of units is the same whichever way they are cut, as a part of a shard is a
// node of its reduction tree: see shared/reduction/tree.ts.

import type { Cutting, WorkTerms } from '../work/work_kind.ts';

/** So many units from `first` on, counted from the work's own first unit. */
export interface Part {
  readonly first: number;
  readonly units: number;
}

/** What one thread computes. */
export interface Stretch extends Part {
  /** From left to right. */
  readonly parts: readonly Part[];
}

/** Blocks for each thread: with fewer, threads whose number is no power of two would differ too much in what they have. */
const blocksPerThread = 2;

/** Parts of a stretch of nodes, at most: of up to four blocks, the first, a pair and the last. */
export const maximumNodes = 2 * blocksPerThread - 1;

/**
 * A stretch for each thread, from left to right, of which the first have the most; fewer than threads, if there are fewer
 * units. Blocks of units are kept together, so that few parts have to be joined.
 */
export function cutWork(units: number, threads: number, joins: Cutting<WorkTerms>['joins']): readonly Stretch[] {
  const block = blockOf(units, threads);
  const blocks = Math.ceil(units / block);
  const bounds = Array.from({ length: threads + 1 }, (_, thread) =>
    Math.min(units, block * Math.ceil((thread * blocks) / threads)),
  );
  return bounds.slice(1).flatMap((end, thread) => {
    const first = bounds[thread] ?? 0;
    if (first === end) return [];
    return [{ first, units: end - first, parts: partsOf(first, end, units, joins) }];
  });
}

/** The largest power of two of which there are enough, or 1. */
function blockOf(units: number, threads: number): number {
  let block = 1;
  while (2 * block * blocksPerThread * threads <= units) block *= 2;
  return block;
}

/** The parts of the stretch from `first` to `end`, as large as they can be. */
function partsOf(first: number, end: number, units: number, joins: Cutting<WorkTerms>['joins']): readonly Part[] {
  const parts: Part[] = [];
  for (let at = first; at < end; ) {
    const size = joins === 'units' ? 1 : nodeAt(at, end, units);
    parts.push({ first: at, units: size });
    at += size;
  }
  return parts;
}

/** Units of the largest node that begins at `first` and ends at `end` at the latest; leaves beyond `units` are absent. */
function nodeAt(first: number, end: number, units: number): number {
  let size = 1;
  while (first % (2 * size) === 0 && fits(first + size, first + 2 * size, end, units)) size *= 2;
  return Math.min(size, end - first);
}

/** Whether a node's right half, from `middle` on, is all within the stretch; and there at all. */
function fits(middle: number, nodeEnd: number, end: number, units: number): boolean {
  return middle < end && (nodeEnd <= end || end === units);
}
