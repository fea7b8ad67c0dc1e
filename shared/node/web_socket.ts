// A WebSocket of `ws` as a connection of the protocol, the same at both ends. `ws` shakes hands, writes and closes; large
// binary frames are taken out of the bytes before it sees them, and go from one reused buffer straight to where they
// belong: it would copy them twice, to fresh memory each time.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { textRefused } from '../protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../protocol/connection.ts';
import { maximumFragments, maximumFrameBytes } from '../protocol/limits.ts';
import { type BinaryFrameHandlers, type PassageHandlers, WebSocketReader } from '../protocol/websocket_reader.ts';

/** Reads that may wait in `ws` for the rest of a fragment; each costs far more than its bytes if these are few. */
const maximumBufferedReads = 1024;

/** What both ends tell `ws`, which disables Nagle's algorithm by itself. */
export const webSocketOptions = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: maximumFrameBytes,
  maxFragments: maximumFragments,
  maxBufferedChunks: maximumBufferedReads,
} as const;

/** Fits the second-level cache. */
const readBufferBytes = 128 * 1024;

/** A buffer for `readInto`. */
export function createReadBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(readBufferBytes);
}

/** The `onread` option of a socket that reads into that buffer; what `onBytes` is given must be read before it returns. */
export function readInto(buffer: Buffer, onBytes: (bytes: Uint8Array) => void) {
  return {
    buffer,
    callback: (length: number, read: Uint8Array) => {
      onBytes(read.subarray(0, length));
      return true;
    },
  };
}

/** Hands bytes that were read past a stream to its listeners; the bytes are theirs to keep. */
export function passOn(carrier: Duplex, bytes: Uint8Array): void {
  carrier.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/**
 * Takes what a stream reads away from whoever listens to it.
 * @returns what hands bytes on to those, in the stream's place; the bytes are theirs to keep.
 */
export function divert(stream: Duplex, onBytes: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  const listeners = stream.listeners('data');
  stream.removeAllListeners('data');
  stream.on('data', onBytes);
  return (bytes) => {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const listener of listeners) Reflect.apply(listener, stream, [chunk]);
  };
}

export interface ReaderOptions {
  /** See `WebSocketReader`. */
  readonly masked: boolean;
  /** Hands what is not for the reader on to `ws`. */
  readonly passOn: (bytes: Uint8Array) => void;
}

/** A reader that takes the binary frames out of the bytes pushed to it, and stops when `ws` finds the rest faulty. */
export function readerInFrontOf(
  webSocket: WebSocket,
  handlers: BinaryFrameHandlers & PassageHandlers,
  { masked, passOn }: ReaderOptions,
): WebSocketReader {
  const { onFrameStart, onFramePiece, onRefused, onControlFrame, onFragment } = handlers;
  const reader = new WebSocketReader({
    onFrameStart,
    onFramePiece,
    onRefused,
    ...(onControlFrame === undefined ? {} : { onControlFrame }),
    ...(onFragment === undefined ? {} : { onFragment }),
    masked,
    maximumFrame: maximumFrameBytes,
    onOther: passOn,
  });
  webSocket.on('error', () => reader.stop());
  return reader;
}

/** Attaches the handlers to an open WebSocket. @param carrier the stream beneath it */
export function attach(webSocket: WebSocket, carrier: Duplex | undefined, handlers: ConnectionHandlers): Connection {
  let failure = '';
  webSocket.on('message', (data, isBinary) => {
    if (!isBinary) handlers.onRefused(textRefused());
    else if (Buffer.isBuffer(data)) handlers.onFrame(data); // always, with the binary type that is the default
  });
  // An error is followed by a close, which tells the rest.
  webSocket.on('error', (error) => {
    failure = error.message;
  });
  webSocket.on('close', (code, reason) => handlers.onClosed(code, reason.toString() || failure));
  return {
    send: (frames, onSent) => send(webSocket, carrier, frames, onSent),
    close: (code, reason) => webSocket.close(code, reason),
  };
}

function send(
  webSocket: WebSocket,
  carrier: Duplex | undefined,
  frames: readonly Uint8Array[],
  onSent: () => void,
): void {
  const last = frames.length - 1;
  if (webSocket.readyState !== webSocket.OPEN || last < 0) {
    onSent();
    return;
  }
  carrier?.cork(); // so that all frames leave in one system call
  frames.forEach((frame, index) => {
    // Called with an error too, when the socket is gone; its close tells the rest.
    if (index === last) webSocket.send(frame, () => onSent());
    else webSocket.send(frame);
  });
  carrier?.uncork();
}
