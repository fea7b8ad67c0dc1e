// Where each temporary buffer of a program lies: buffers that are never alive together may share bytes.

/** A buffer from its first to its last call, both included. */
export interface BufferLifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  /** Start of each buffer, in the order given, in bytes. */
  readonly offsets: readonly number[];
  readonly totalBytes: number;
}

const alignment = 64;

interface Placed {
  readonly lifetime: BufferLifetime;
  readonly start: number;
  readonly end: number;
}

/**
 * Greedy by size: each buffer, the largest first, goes to the lowest gap among the placed ones it lives with. Pisarchyk,
 * Lee, "Efficient memory management for deep neural net inference" (2020), section 5.2.
 */
export function planMemory(buffers: readonly BufferLifetime[]): MemoryPlan {
  const offsets = buffers.map(() => 0);
  const placed: Placed[] = []; // by their start
  const bySize = buffers
    .map((lifetime, index) => ({ lifetime, index }))
    .sort((a, b) => b.lifetime.bytes - a.lifetime.bytes);
  let totalBytes = 0;
  for (const { lifetime, index } of bySize) {
    const size = Math.ceil(lifetime.bytes / alignment) * alignment;
    let start = 0;
    for (const other of placed) {
      if (other.lifetime.first > lifetime.last || lifetime.first > other.lifetime.last) continue;
      if (start + size <= other.start) break;
      start = Math.max(start, other.end);
    }
    insert(placed, { lifetime, start, end: start + size });
    offsets[index] = start;
    totalBytes = Math.max(totalBytes, start + size);
  }
  return { offsets, totalBytes };
}

/** Bytes of the buffers that are alive together, where these are most: no plan can take less. */
export function mostAliveBytes(buffers: readonly BufferLifetime[]): number {
  const aliveAt = (moment: number) =>
    buffers.reduce((sum, { bytes, first, last }) => (first <= moment && moment <= last ? sum + bytes : sum), 0);
  return buffers.reduce((most, { first }) => Math.max(most, aliveAt(first)), 0);
}

/** Behind all that start no later: found by halving, so that thousands of buffers are placed in milliseconds. */
function insert(placed: Placed[], one: Placed): void {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((placed[middle]?.start ?? 0) <= one.start) low = middle + 1;
    else high = middle;
  }
  placed.splice(low, 0, one);
}
