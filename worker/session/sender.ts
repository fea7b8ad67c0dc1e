// What goes to the coordinator: messages become frames, in memory that is used again once they are sent.

import { checksumOfCopies } from '../../shared/protocol/checksum.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import { type Allocate, encodeToCoordinator } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import type { ToCoordinator } from '../../shared/protocol/messages.ts';

export class Sender {
  readonly #connection: Connection;
  readonly #pool: FramePool;
  /** Had better know the memory of payloads. */
  checksum = checksumOfCopies;

  constructor(connection: Connection, allocate: Allocate | undefined) {
    this.#connection = connection;
    this.#pool = new FramePool(allocate);
  }

  /** The payload is copied before this returns. */
  send(message: ToCoordinator, payload?: Uint8Array): void {
    const { allocate } = this.#pool;
    const { chunkBytes } = this.#connection;
    const frames = encodeToCoordinator(message, payload, { allocate, checksum: this.checksum, chunkBytes });
    this.#connection.send(frames, () => this.#pool.release(frames));
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }
}
