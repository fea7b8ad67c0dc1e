// The parameters on their way out: encoded once a step, the same frames for every worker, in memory that is used again
// once all sockets have taken them over. Those before the newest are kept: late answers can be checked by them.

import type { Checksum } from '../../shared/protocol/checksum.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { payloadOf } from '../../shared/protocol/frame.ts';
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
  /** True once two later steps have taken its place. */
  outdated: boolean;
}

export class ParameterFrames {
  readonly #pool: FramePool;
  readonly #checksum: Checksum | undefined;
  #current: Broadcast | undefined;
  #previous: Broadcast | undefined;

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

  /** Copies the parameters of a step to `target`, if they are still here. @returns whether they are */
  copyTo(target: Uint8Array, step: number): boolean {
    const broadcast = [this.#current, this.#previous].find((one) => one?.step === step);
    if (broadcast === undefined) return false;
    let position = 0;
    for (const frame of broadcast.frames) {
      const payload = payloadOf(frame);
      target.set(payload, position);
      position += payload.length;
    }
    return true;
  }

  #begin(step: number, parameters: Uint8Array): Broadcast {
    if (this.#previous !== undefined) {
      this.#previous.outdated = true;
      this.#releaseIfDone(this.#previous);
    }
    this.#previous = this.#current;
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
