// A coordinator of a few lines on a real socket: the test sees each worker's messages and answers them.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { createToCoordinatorDecoder, type Received } from '../../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import { maximumFrameBytes } from '../../../shared/protocol/limits.ts';
import type { ToCoordinator, ToWorker } from '../../../shared/protocol/messages.ts';
import { workerPath } from '../../../shared/protocol/worker_path.ts';
import { Inbox } from '../session/scripted.ts';

export interface StubPeer {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly messages: Inbox<Received<ToCoordinator>>;
  readonly closed: Promise<unknown>;
  readonly send: (message: ToWorker, payload?: Uint8Array) => void;
}

export class CoordinatorStub {
  readonly peers = new Inbox<StubPeer>();
  /** First bytes that each connection carried after its upgrade. */
  readonly firstBytes = new Inbox<Buffer>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      request.socket.once('data', (bytes: Buffer) => this.firstBytes.put(Buffer.from(bytes)));
      const messages = new Inbox<Received<ToCoordinator>>();
      const decoder = createToCoordinatorDecoder({ maximumPayload: 1 << 24 });
      socket.on('message', (data) => {
        const received = decoder.push(data as Buffer);
        if (received !== undefined) messages.put(received);
      });
      this.peers.put({
        socket,
        raw: request.socket,
        messages,
        closed: once(socket, 'close'),
        send: (message, payload) => {
          for (const frame of encodeToWorker(message, payload)) socket.send(frame);
        },
      });
    });
  }

  static async start(): Promise<CoordinatorStub> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: workerPath, maxPayload: maximumFrameBytes });
    await once(server, 'listening');
    return new CoordinatorStub(server);
  }

  /** Where workers connect; nothing else is answered. */
  get url(): URL {
    return new URL(`ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}${workerPath}`);
  }

  /** The next worker to connect, after its hello. */
  async greeted(): Promise<StubPeer> {
    const peer = await this.peers.next();
    const { message } = await peer.messages.next();
    if (message.type !== 'hello') throw new Error(`expected hello, received ${message.type}`);
    return peer;
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
