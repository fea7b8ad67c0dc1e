// What a connection is sent: how much of it the system has not taken over yet, and since when.

import type { Clock } from '../../shared/clock.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import type { Account } from './memory_budget.ts';

/** Messages that the system has not taken over yet. */
interface Unsent {
  readonly since: number;
  readonly bytes: number;
}

export interface OutgoingOptions {
  readonly connection: Connection;
  /** Who holds what waits. */
  readonly account: Account;
  readonly clock: Clock;
  /** Bytes that may wait. */
  readonly maximum: number;
  /** More would have to wait: nothing is sent, and the connection is of no use. */
  readonly onOverflow: (waiting: number) => void;
}

export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #messages: Unsent[] = [];
  #bytes = 0;
  /** When the system last took something over, in monotonic milliseconds. */
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Since when nothing was taken over of what waits, and how much that is. */
  get oldest(): Unsent | undefined {
    const [oldest] = this.#messages;
    return oldest === undefined ? undefined : { since: Math.max(oldest.since, this.#takenAt), bytes: this.#bytes };
  }

  /** Sends a message's frames, which nobody else is sent. @param onSent called once, when they wait no more, however it went */
  send(frames: readonly Uint8Array[], onSent: () => void): void {
    const { account } = this.#options;
    const bytes = bytesOf(frames);
    if (!account.add(bytes)) {
      onSent(); // It was shed.
      return;
    }
    this.#pass(frames, bytes, () => {
      account.add(-bytes);
      onSent();
    });
  }

  /** As `send`, for frames that others are sent too: whoever shares them sees to it that somebody holds them. */
  sendShared(frames: readonly Uint8Array[], onSent: () => void): void {
    this.#pass(frames, bytesOf(frames), onSent);
  }

  #pass(frames: readonly Uint8Array[], bytes: number, onSent: () => void): void {
    const { connection, clock, maximum, onOverflow } = this.#options;
    if (this.#bytes + bytes > maximum) {
      onSent();
      onOverflow(this.#bytes);
      return;
    }
    this.#messages.push({ since: clock.now(), bytes });
    this.#bytes += bytes;
    connection.send(frames, () => {
      this.#messages.shift();
      this.#bytes -= bytes;
      this.#takenAt = clock.now();
      onSent();
    });
  }
}

function bytesOf(frames: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const frame of frames) bytes += frame.length;
  return bytes;
}
