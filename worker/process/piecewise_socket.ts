// A TCP connection for a client of `ws` whose large binary frames are taken out of the bytes before `ws` sees them; see
// shared/node/web_socket.ts. Up to the end of the response that opens the WebSocket, the bytes are HTTP's.

import type { ClientRequestArgs } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { createReadBuffer, passOn, readerInFrontOf, readInto } from '../../shared/node/web_socket.ts';
import type { BinaryFrameHandlers, WebSocketReader } from '../../shared/protocol/websocket_reader.ts';

const endOfHeaders = [0x0d, 0x0a, 0x0d, 0x0a];

export class PiecewiseSocket {
  #socket: Socket | undefined;
  #reader: WebSocketReader | undefined;
  /** Bytes seen of the blank line that ends the headers of a response. */
  #matched = 0;

  /** For the WebSocket's options: connects as the HTTP request asks. */
  connect({ host, port, timeout }: ClientRequestArgs): Socket {
    this.#socket = connect({
      host: host ?? 'localhost',
      port: Number(port),
      ...(timeout === undefined ? {} : { timeout }),
      onread: readInto(createReadBuffer(), (bytes) => this.#receive(bytes)),
    });
    return this.#socket;
  }

  /** Binary frames come in pieces from here on, where that is possible. To be called while the WebSocket emits `open`. */
  readInPieces(webSocket: WebSocket, handlers: BinaryFrameHandlers): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#reader = readerInFrontOf(webSocket, handlers, { masked: false, passOn: (bytes) => passOn(socket, bytes) });
  }

  #receive(bytes: Uint8Array): void {
    let position = 0;
    while (this.#reader === undefined && position < bytes.length) {
      const start = position;
      while (position < bytes.length && this.#matched < endOfHeaders.length) {
        this.#match(bytes[position] ?? 0);
        position += 1;
      }
      if (this.#matched === endOfHeaders.length) this.#matched = 0;
      if (this.#socket !== undefined) passOn(this.#socket, new Uint8Array(bytes.subarray(start, position)));
    }
    if (position < bytes.length) this.#reader?.push(bytes.subarray(position));
  }

  #match(byte: number): void {
    if (byte === endOfHeaders[this.#matched]) this.#matched += 1;
    else this.#matched = byte === endOfHeaders[0] ? 1 : 0;
  }
}
