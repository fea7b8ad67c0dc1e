// The parameters on their way out: encoded once a step, the same frames for every worker, in memory that is used again
// once all sockets have taken them over.

import type { Checksum } from '../../shared/protocol/checksum.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import type { FramePool } from '../../shared/protocol/frame_pool.ts';

/** Whoever can send frames, and says when it needs them no more. */
export interface FrameSender {
  readonly sendFrames: (frames: readonly Uint8Array[], onSent: () => void) => void;
}

interface Broadcast {
  readonly step: number;
  readonly frames: readonly Uint8Array[];
  /** Senders that still need the frames. */
  sending: number;
  /** True once a later step has taken its place. */
  outdated: boolean;
}

export class ParameterFrames {
  readonly #pool: FramePool;
  readonly #checksum: Checksum | undefined;
  #current: Broadcast | undefined;

  /** @param checksum had better know the memory of the parameters. */
  constructor(pool: FramePool, checksum?: Checksum) {
    this.#pool = pool;
    this.#checksum = checksum;
  }

  /** Sends the parameters of a step, `parameters` being read only for the first sender of that step. */
  send(step: number, parameters: () => Uint8Array, sender: FrameSender): void {
    const broadcast = this.#current?.step === step ? this.#current : this.#begin(step, parameters());
    broadcast.sending += 1;
    sender.sendFrames(broadcast.frames, () => {
      broadcast.sending -= 1;
      this.#releaseIfDone(broadcast);
    });
  }

  #begin(step: number, parameters: Uint8Array): Broadcast {
    if (this.#current !== undefined) {
      this.#current.outdated = true;
      this.#releaseIfDone(this.#current);
    }
    const frames = encodeToWorker({ type: 'parameters', step }, parameters, {
      allocate: this.#pool.allocate,
      checksum: this.#checksum,
    });
    this.#current = { step, frames, sending: 0, outdated: false };
    return this.#current;
  }

  #releaseIfDone({ outdated, sending, frames }: Broadcast): void {
    if (outdated && sending === 0) this.#pool.release(frames);
  }
}
