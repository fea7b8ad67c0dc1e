// What either side needs of a transport. Node's `ws`, at both ends, and the browser's WebSocket can be one.

import type { BinaryFrameHandlers, PassageHandlers } from './websocket_reader.ts';

/** An open connection. */
export interface Connection {
  /**
   * Sends binary frames one after the other, with nothing in between. Ignored once the connection is closed. Calls
   * `onSent` once, when the frames' memory is free again, however it went.
   */
  readonly send: (frames: readonly Uint8Array[], onSent: () => void) => void;
  /** Payload bytes that a frame had better carry at most; absent: the usual number. */
  readonly chunkBytes?: number;
  /** Bytes that wait to be sent, where the transport copies them: `onSent` does not tell then; absent elsewhere. */
  readonly unsentBytes?: () => number;
  /** To be called when a hello was accepted, for a transport that counts those who have said none; absent elsewhere. */
  readonly joined?: () => void;
  /** Begins to close. `onClosed` follows within about a second, whether or not the other side answers. */
  readonly close: (code: number, reason: string) => void;
}

/** A transport hands each binary frame on whole or in pieces, as it likes. */
export interface ConnectionHandlers extends BinaryFrameHandlers, PassageHandlers {
  /** A whole binary frame; its bytes stay as they are. */
  readonly onFrame: (frame: Uint8Array) => void;
  /** So many bytes have been read: what they bring is handed on before `onReadEnd`. Not told by every transport. */
  readonly onRead?: (bytes: number) => void;
  readonly onReadEnd?: () => void;
  /** Called exactly once for every connection that was opened, however it ended; nothing is called after it. */
  readonly onClosed: (code: number, reason: string) => void;
}
