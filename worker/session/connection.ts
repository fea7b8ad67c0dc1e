// How a worker gets its connection.

import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';

/** There is somebody, who takes no more connections at the moment. */
export class Busy extends Error {
  override readonly name = 'Busy';
  /** Milliseconds to wait at least, if that was said. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter: number | undefined) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/**
 * Opens a connection; frames that arrive with its opening reach the handlers too. Rejects, with a message in words (by a
 * `Busy`, if that is why), if there is nobody to talk to or the signal aborts; then no handler is called.
 */
export type Connect = (handlers: ConnectionHandlers, signal: AbortSignal) => Promise<Connection>;
