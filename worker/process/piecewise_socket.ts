// A TCP connection for a client of `ws` that takes large binary frames out of the bytes before `ws` sees them: they go
// from one reused buffer straight to where they belong. `ws` would copy them twice, to fresh memory each time.

import type { ClientRequestArgs } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { maximumFrameBytes } from '../../shared/protocol/limits.ts';
import { type BinaryFrameHandlers, WebSocketReader } from '../../shared/protocol/websocket_reader.ts';

/** Fits the second-level cache. */
const readBufferBytes = 128 * 1024;

const endOfHeaders = [0x0d, 0x0a, 0x0d, 0x0a];

export class PiecewiseSocket {
  #socket: Socket | undefined;
  #reader: WebSocketReader | undefined;
  /** Bytes seen of the blank line that ends the headers of a response. */
  #matched = 0;

  /** For the WebSocket's options: connects as the HTTP request asks. */
  connect({ host, port, timeout }: ClientRequestArgs): Socket {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBufferBytes),
      callback: (length: number, buffer: Uint8Array) => {
        this.#receive(buffer.subarray(0, length));
        return true;
      },
    };
    this.#socket = connect({
      host: host ?? 'localhost',
      port: Number(port),
      ...(timeout === undefined ? {} : { timeout }),
      onread,
    });
    return this.#socket;
  }

  /** Binary frames come in pieces from here on, where that is possible. To be called while the WebSocket emits `open`. */
  readInPieces(webSocket: WebSocket, handlers: BinaryFrameHandlers): void {
    if (this.#socket === undefined) return;
    const reader = new WebSocketReader({
      ...handlers,
      masked: false,
      maximumFrame: maximumFrameBytes,
      onOther: (bytes) => this.#pass(bytes),
    });
    webSocket.on('error', () => reader.stop());
    this.#reader = reader;
  }

  /** Up to the end of the response, which opens the WebSocket, the bytes are HTTP's. */
  #receive(bytes: Uint8Array): void {
    let position = 0;
    while (this.#reader === undefined && position < bytes.length) {
      const start = position;
      while (position < bytes.length && this.#matched < endOfHeaders.length) {
        this.#match(bytes[position] ?? 0);
        position += 1;
      }
      if (this.#matched === endOfHeaders.length) this.#matched = 0;
      this.#pass(new Uint8Array(bytes.subarray(start, position)));
    }
    if (position < bytes.length) this.#reader?.push(bytes.subarray(position));
  }

  #match(byte: number): void {
    if (byte === endOfHeaders[this.#matched]) this.#matched += 1;
    else this.#matched = byte === endOfHeaders[0] ? 1 : 0;
  }

  #pass(bytes: Uint8Array): void {
    this.#socket?.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }
}
