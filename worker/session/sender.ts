// What goes to the coordinator: messages become frames, in memory that is used again once they are sent.

import { checksumOfCopies } from '../../shared/protocol/checksum.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import { type Allocate, encodeToCoordinator } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import type { Contribution, Heartbeat, ToCoordinator } from '../../shared/protocol/messages.ts';
import { LimitExceeded, type WorkerLimits } from './limits.ts';

export class Sender {
  readonly #connection: Connection;
  readonly #limits: WorkerLimits;
  readonly #pool: FramePool;
  /** Bytes handed to the connection that it has not sent yet. */
  #unsent = 0;
  /** Had better know the memory of payloads. */
  checksum = checksumOfCopies;

  constructor(connection: Connection, limits: WorkerLimits, allocate: Allocate | undefined) {
    this.#connection = connection;
    this.#limits = limits;
    this.#pool = new FramePool(allocate);
  }

  /**
   * Sends what a message of the coordinator asked for.
   * @throws {LimitExceeded} if it takes nothing of what was sent before.
   */
  answer(message: Contribution | Heartbeat, payload?: Uint8Array): void {
    const unsent = this.#connection.unsentBytes?.() ?? this.#unsent;
    if (unsent > this.#limits.unsentBytes) throw new LimitExceeded('unsentBytes', this.#limits);
    this.send(message, payload);
  }

  /** The payload is copied before this returns. */
  send(message: ToCoordinator, payload?: Uint8Array): void {
    const { allocate } = this.#pool;
    const { chunkBytes } = this.#connection;
    const frames = encodeToCoordinator(message, payload, { allocate, checksum: this.checksum, chunkBytes });
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    this.#unsent += bytes;
    this.#connection.send(frames, () => {
      this.#unsent -= bytes;
      this.#pool.release(frames);
    });
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }
}
