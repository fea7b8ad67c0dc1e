// The parameters on their way out: encoded once a step, the same frames for every worker, in memory that is used again
// once all sockets have taken them over. Those before the newest are kept: late answers can be checked by them.

import type { Checksum } from '../../shared/protocol/checksum.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { payloadOf } from '../../shared/protocol/frame.ts';
import type { FramePool } from '../../shared/protocol/frame_pool.ts';
import type { Account } from './memory_budget.ts';

/** Whoever can send frames that others send too, and says when it needs them no more. */
export interface FrameSender {
  readonly sendShared: (frames: readonly Uint8Array[], onSent: () => void) => void;
  /** Who can hold what waits. */
  readonly account: Pick<Account, 'add'>;
}

/** One message on its way to a sender's peer. */
interface Sending {
  readonly sender: FrameSender;
}

interface Broadcast {
  readonly step: number;
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  /** What still needs the frames. */
  readonly sendings: Set<Sending>;
  /** Of these, the one whose sender holds them; they are nobody's as long as they are not outdated. */
  holder: Sending | undefined;
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
    const sending = { sender };
    broadcast.sendings.add(sending);
    sender.sendShared(broadcast.frames, () => {
      broadcast.sendings.delete(sending);
      if (broadcast.outdated) this.#settle(broadcast);
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
      this.#settle(this.#previous);
    }
    this.#previous = this.#current;
    const frames = encodeToWorker({ type: 'parameters', step }, parameters, {
      allocate: this.#pool.allocate,
      checksum: this.#checksum,
    });
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    this.#current = { step, frames, bytes, sendings: new Set(), holder: undefined, outdated: false };
    return this.#current;
  }

  /** Outdated frames are held by one of those who have not taken them yet, and free once there is none. */
  #settle(broadcast: Broadcast): void {
    const { holder, sendings, bytes, frames } = broadcast;
    if (holder !== undefined && sendings.has(holder)) return;
    holder?.sender.account.add(-bytes);
    broadcast.holder = undefined;
    if (sendings.size === 0) this.#pool.release(frames);
    for (const sending of sendings) {
      broadcast.holder = sending;
      if (sending.sender.account.add(bytes)) return;
    }
  }
}
