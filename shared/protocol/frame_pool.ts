// Memory of frames, used again once they have been sent. Fresh memory of a few hundred kilobytes costs ten times what
// copying into it does, because the system hands it out page by page.

import type { Allocate } from './encode.ts';

/** Memories kept for later; a sender has rarely more messages under way. */
const maximumFree = 4;

/** A memory more than this many times too large is left for larger messages. */
const maximumWaste = 2;

/** Smaller messages are not worth keeping memory for, in bytes. */
const minimumKept = 16 * 1024;

export class FramePool {
  readonly #create: Allocate;
  readonly #free: Uint8Array[] = [];

  /** @param create makes new memory, 8-byte aligned and alone in its buffer; it need not be cleared. */
  constructor(create: Allocate = (bytes) => new Uint8Array(bytes)) {
    this.#create = create;
  }

  /** To be passed to `encodeToWorker` or `encodeToCoordinator`. */
  readonly allocate: Allocate = (bytes) => {
    const index = this.#free.findIndex(({ length }) => length >= bytes && length <= maximumWaste * bytes);
    const [memory] = index < 0 ? [] : this.#free.splice(index, 1);
    return memory ?? this.#create(bytes);
  };

  /** Takes back the memory of all frames of one message. Nobody may use them, or send them, from here on. */
  release(frames: readonly Uint8Array[]): void {
    const buffer = frames[0]?.buffer;
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < minimumKept) return;
    if (this.#free.some((memory) => memory.buffer === buffer)) throw new Error('frames released twice');
    this.#free.push(new Uint8Array(buffer));
    if (this.#free.length > maximumFree) this.#free.shift();
  }
}
