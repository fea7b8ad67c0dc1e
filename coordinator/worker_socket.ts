// The sockets that workers connect by. `ws` shakes hands, writes and closes; large binary frames are taken out of the
// bytes before it sees them, and go from one reused buffer straight to where they belong: it would copy them twice, to
// fresh memory each time.

import type { IncomingMessage } from 'node:http';
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { maximumFrameBytes } from '../shared/protocol/limits.ts';
import { type BinaryFrameHandlers, WebSocketReader } from '../shared/protocol/websocket_reader.ts';

export interface WorkerSocket {
  readonly webSocket: WebSocket;
  /** What the WebSocket travels on. */
  readonly carrier: Duplex;
  /**
   * Lets binary frames come in pieces where that is possible; others still come as messages of the WebSocket, in order
   * with them. To be called as soon as the socket is there, or never.
   */
  readonly readInPieces: (handlers: BinaryFrameHandlers) => void;
}

/** Fits the second-level cache. */
const readBufferBytes = 128 * 1024;

/** Reads are handed on before the next one begins, so all sockets can share; Windows alone begins them ahead. */
const sharedBuffer = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(readBufferBytes);

/** Answers a request to upgrade: with a refusal, or calling `onSocket` before this returns. */
export function upgrade(
  server: WebSocketServer,
  request: IncomingMessage,
  accepted: Duplex,
  head: Buffer,
  onSocket: (socket: WorkerSocket) => void,
): void {
  let reader: WebSocketReader | undefined;
  const moved = moveHandle(accepted, (bytes) => receive(bytes));
  const carrier = moved ?? accepted;
  const receive = (bytes: Uint8Array) => {
    if (reader === undefined) carrier.emit('data', Buffer.from(bytes));
    else reader.push(bytes);
  };
  server.handleUpgrade(request, carrier, moved === undefined ? head : Buffer.alloc(0), (webSocket) => {
    const readInPieces = (handlers: BinaryFrameHandlers) => {
      if (moved === undefined) return;
      reader = readerInFrontOf(webSocket, carrier, handlers);
    };
    onSocket({ webSocket, carrier, readInPieces });
  });
  if (moved !== undefined && head.length > 0) receive(head);
}

function readerInFrontOf(webSocket: WebSocket, carrier: Duplex, handlers: BinaryFrameHandlers): WebSocketReader {
  const reader = new WebSocketReader({
    ...handlers,
    masked: true,
    maximumFrame: maximumFrameBytes,
    onOther: (bytes) => carrier.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  });
  webSocket.on('error', () => reader.stop());
  return reader;
}

/**
 * A socket in place of an accepted one, that reads into the buffer above: Node offers `onread` for sockets that it
 * connects, for accepted ones only through the undocumented handle. Undefined if this is not there.
 */
function moveHandle(accepted: Duplex, onBytes: (bytes: Uint8Array) => void): Socket | undefined {
  if (!(accepted instanceof Socket) || accepted.constructor !== Socket) return undefined;
  const holder = accepted as unknown as { _handle?: { readonly useUserBuffer?: unknown } | null };
  const handle = holder._handle;
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  accepted.pause();
  accepted.setTimeout(0);
  holder._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: sharedBuffer ?? Buffer.allocUnsafeSlow(readBufferBytes),
      callback: (length: number, buffer: Uint8Array) => {
        onBytes(buffer.subarray(0, length));
        return true;
      },
    },
  };
  const socket = new Socket(options as SocketConstructorOpts);
  // The HTTP server counts the accepted one: it cannot close before that does.
  socket.once('close', () => accepted.destroy());
  return socket;
}
