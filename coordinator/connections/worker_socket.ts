// The sockets that workers connect by. `ws` shakes hands, writes and closes; large binary frames are taken out of the
// bytes before it sees them, and go from one reused buffer straight to where they belong: it would copy them twice, to
// fresh memory each time.

import type { IncomingMessage } from 'node:http';
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import { maximumFrameBytes } from '../../shared/protocol/limits.ts';
import { type BinaryFrameHandlers, WebSocketReader } from '../../shared/protocol/websocket_reader.ts';

/** Attaches the handlers to a socket that was accepted; to be called at once, or never. */
export type OpenSocket = (handlers: ConnectionHandlers) => Connection;

/** Milliseconds of silence after which the system begins to ask; ten questions, a second apart, without an answer end it. */
const keepAliveDelay = 10_000;

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
  onSocket: (open: OpenSocket) => void,
): void {
  let reader: WebSocketReader | undefined;
  const moved = moveHandle(accepted, (bytes) => receive(bytes));
  const carrier = moved ?? accepted;
  const receive = (bytes: Uint8Array) => {
    if (reader === undefined) carrier.emit('data', Buffer.from(bytes));
    else reader.push(bytes);
  };
  server.handleUpgrade(request, carrier, moved === undefined ? head : Buffer.alloc(0), (webSocket) => {
    onSocket((handlers) => {
      if (moved !== undefined) reader = readerInFrontOf(webSocket, carrier, handlers);
      return attach(webSocket, carrier, handlers);
    });
  });
  if (moved !== undefined && head.length > 0) receive(head);
}

function attach(webSocket: WebSocket, carrier: Duplex, handlers: ConnectionHandlers): Connection {
  let failure = '';
  webSocket.on('message', (data, isBinary) => {
    if (!isBinary) handlers.onText();
    else if (Buffer.isBuffer(data)) handlers.onFrame(data); // always, with the binary type that is the default
  });
  // An error is followed by a close, which tells the rest.
  webSocket.on('error', (error) => {
    failure = error.message;
  });
  webSocket.on('close', (code, reason) => handlers.onClosed(code, reason.toString() || failure));
  // The system itself asks a silent peer whether it is there, even while that computes.
  if (carrier instanceof Socket) carrier.setKeepAlive(true, keepAliveDelay);
  return {
    send(frames, onSent) {
      const last = frames.length - 1;
      if (webSocket.readyState !== webSocket.OPEN || last < 0) {
        onSent();
        return;
      }
      carrier.cork(); // so that all frames leave in one system call
      frames.forEach((frame, index) => {
        // Called with an error too, when the socket is gone; its close tells the rest.
        if (index === last) webSocket.send(frame, () => onSent());
        else webSocket.send(frame);
      });
      carrier.uncork();
    },
    close: (code, reason) => webSocket.close(code, reason),
  };
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
