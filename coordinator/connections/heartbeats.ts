// The heartbeats of one connection: each is sent back once at most, and in order. Pure.

import { ProtocolError } from '../../shared/protocol/close_codes.ts';

export class Heartbeats {
  #sent = 0;
  #answered = 0;

  /** How many were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The number of the next one, which is sent now. */
  next(): number {
    this.#sent += 1;
    return this.#sent;
  }

  /** One came back. @throws {ProtocolError} if it should not have. */
  take(beat: number): void {
    if (beat > this.#sent) throw new ProtocolError('badMessage', `heartbeat ${beat} was never sent`);
    if (beat <= this.#answered) {
      throw new ProtocolError('badMessage', `heartbeat ${beat} came back after ${this.#answered}`);
    }
    this.#answered = beat;
  }
}
