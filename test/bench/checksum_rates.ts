// Times the checksum of the wire, over bytes in the engine's memory and over bytes on the heap.

import { loadEngine } from '../../shared/engine/engine.ts';
import { createChecksum } from '../../shared/protocol/checksum.ts';
import { median, timeFor } from './timing.ts';

const rounds = 7;
const roundSeconds = 0.05;

/** Milliseconds for so many bytes. */
export interface ChecksumTimes {
  readonly inPlace: number;
  readonly onHeap: number;
}

export async function timeChecksums(bytes: number): Promise<ChecksumTimes> {
  const engine = await loadEngine('portable');
  const pointer = engine.allocate(bytes);
  const checksum = createChecksum([engine.memory]);
  const places = { inPlace: engine.bytes(pointer, bytes), onHeap: new Uint8Array(bytes) };
  const times = (place: Uint8Array) =>
    median(Array.from({ length: rounds }, () => timeFor(roundSeconds, () => checksum(place, 0))));
  return { inPlace: times(places.inPlace), onHeap: times(places.onHeap) };
}
