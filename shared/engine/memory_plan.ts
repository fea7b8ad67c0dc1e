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

/** An order in which buffers are placed: the larger its number, the earlier. Of equals the one given first. */
type Order = (lifetime: BufferLifetime) => number;

/**
 * The best of a few greedy plans: one after the other, buffers go to the lowest gap among the placed ones they live with.
 * Y. Pisarchyk, J. Lee, "Efficient memory management for deep neural net inference" (2020): the largest buffers first
 * (section 5.2), or those that are alive at the heaviest moments (section 5.3), the larger of these first; then those
 * that hold most for longest. None is best for every net, and any may take half as much again as the others.
 */
export function planMemory(buffers: readonly BufferLifetime[]): MemoryPlan {
  const least = mostAliveBytes(buffers);
  let best: MemoryPlan | undefined;
  for (const order of [bySize, byWeight(buffers), byVolume]) {
    const plan = planInOrder(buffers, order);
    if (best === undefined || plan.totalBytes < best.totalBytes) best = plan;
    if (best.totalBytes === least) break;
  }
  return best ?? { offsets: [], totalBytes: 0 };
}

const bySize: Order = ({ bytes }) => bytes;

const byVolume: Order = ({ bytes, first, last }) => bytes * (last - first + 1);

/** By the most that is alive at any moment of a buffer's life. */
function byWeight(buffers: readonly BufferLifetime[]): Order {
  const moments = alive(buffers);
  return ({ bytes, first, last }) => {
    let heaviest = 0;
    for (const [moment, weight] of moments) {
      if (moment > last) break;
      // What is alive from a moment on is alive until the next one.
      if (moment >= first) heaviest = Math.max(heaviest, weight);
    }
    return heaviest + bytes / 2 ** 40;
  };
}

function planInOrder(buffers: readonly BufferLifetime[], order: Order): MemoryPlan {
  const offsets = buffers.map(() => 0);
  const placed: Placed[] = []; // by their start
  const inOrder = buffers
    .map((lifetime, index) => ({ lifetime, index, rank: order(lifetime) }))
    .sort((a, b) => b.rank - a.rank);
  let totalBytes = 0;
  for (const { lifetime, index } of inOrder) {
    const size = alignedSize(lifetime.bytes);
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

/** Bytes of the largest set of buffers that are alive at once, each as it is laid out: no plan takes less. */
export function mostAliveBytes(buffers: readonly BufferLifetime[]): number {
  return alive(buffers).reduce((most, [, bytes]) => Math.max(most, bytes), 0);
}

/** The bytes that are alive from a moment on, until the next one. */
function alive(buffers: readonly BufferLifetime[]): readonly (readonly [moment: number, bytes: number])[] {
  const changes = new Map<number, number>();
  const change = (moment: number, bytes: number) => changes.set(moment, (changes.get(moment) ?? 0) + bytes);
  for (const { bytes, first, last } of buffers) {
    change(first, alignedSize(bytes));
    change(last + 1, -alignedSize(bytes));
  }
  let bytes = 0;
  return [...changes]
    .sort(([one], [other]) => one - other)
    .map(([moment, difference]) => {
      bytes += difference;
      return [moment, bytes] as const;
    });
}

function alignedSize(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
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
