// The checksum of the wire: the low half of XXH64 (Y. Collet), in WebAssembly, for JavaScript has no 64-bit products.
//
// Bytes that live in a WebAssembly memory known from the start, tensors above all, are read where they are. Any others
// pass through a small memory of this file's own, which costs a copy that stays in the cache.

import { decodeBase64 } from '../base64.ts';
import { binary } from './generated/checksum.ts';

/** The low 32 bits of the XXH64 of the bytes; the seed is an unsigned 32-bit integer. */
export type Checksum = (bytes: Uint8Array, seed: number) => number;

/** A type, not an interface, so that the exports of an instance can be taken for it. See shared/kernels/checksum.ts. */
type Stream = {
  readonly begin: (seed: number) => void;
  readonly update: (pointer: number, bytes: number) => void;
  readonly finish: (pointer: number, bytes: number) => number;
};

const pageBytes = 65_536;

const module = new WebAssembly.Module(decodeBase64(binary));

/** @param memories whose bytes are to be read in place; they may grow later. */
export function createChecksum(memories: readonly WebAssembly.Memory[]): Checksum {
  const known = memories.map((memory) => ({ memory, stream: streamOver(memory) }));
  const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const scratch = new Uint8Array(own.buffer);
  const ownStream = streamOver(own);
  return (bytes, seed) => {
    // A memory that grew has another buffer than before.
    const place = known.find(({ memory }) => memory.buffer === bytes.buffer);
    if (place === undefined) return throughScratch(ownStream, scratch, bytes, seed);
    place.stream.begin(seed);
    return place.stream.finish(bytes.byteOffset, bytes.length) >>> 0;
  };
}

/** For bytes of which no memory is known. */
export const checksumOfCopies: Checksum = createChecksum([]);

function streamOver(memory: WebAssembly.Memory): Stream {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Stream;
}

function throughScratch(
  { begin, update, finish }: Stream,
  scratch: Uint8Array,
  bytes: Uint8Array,
  seed: number,
): number {
  begin(seed);
  let start = 0;
  for (; bytes.length - start > pageBytes; start += pageBytes) {
    scratch.set(bytes.subarray(start, start + pageBytes));
    update(0, pageBytes);
  }
  scratch.set(start === 0 ? bytes : bytes.subarray(start));
  return finish(0, bytes.length - start) >>> 0;
}
