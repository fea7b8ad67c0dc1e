// A coordinator that wishes its workers ill: it speaks the protocol on a real socket, byte by byte as a test says.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import { checksumOfCopies } from '../../shared/protocol/checksum.ts';
import { createToCoordinatorDecoder } from '../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { payloadOffset, writeFrame } from '../../shared/protocol/frame.ts';
import { packHeader } from '../../shared/protocol/header_codec.ts';
import { maximumFrameBytes } from '../../shared/protocol/limits.ts';
import type { ToCoordinator, ToWorker } from '../../shared/protocol/messages.ts';
import { workerPath } from '../../shared/protocol/worker_path.ts';
import { Inbox } from '../worker/session/scripted.ts';

/** A worker that has connected. */
export class Victim {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly messages = new Inbox<ToCoordinator>();
  /** The close code that it has left with; 1006 if it has not said one. */
  readonly closed: Promise<number>;

  constructor(socket: WebSocket, raw: Socket) {
    this.socket = socket;
    this.raw = raw;
    const decoder = createToCoordinatorDecoder({ maximumPayload: 2 ** 30 });
    socket.on('message', (data: Buffer) => {
      const received = decoder.push(data);
      if (received !== undefined) this.messages.put(received.message);
    });
    socket.on('error', () => undefined); // Its close follows.
    this.closed = once(socket, 'close').then(([code]: number[]) => code ?? 0);
  }

  send(message: ToWorker, payload?: Uint8Array): void {
    for (const frame of encodeToWorker(message, payload)) this.socket.send(frame);
  }

  /** As it is, without a check of what it says. */
  sendHeader(header: Readonly<Record<string, unknown>>): void {
    const bytes = packHeader(header);
    const frame = new Uint8Array(payloadOffset(bytes.length));
    writeFrame(frame, bytes, new Uint8Array(0), checksumOfCopies);
    this.socket.send(frame);
  }

  welcome(job: { readonly microbatchSize: number; readonly graph: unknown }): void {
    const payload = encodeAssignedJob({ numerics: 'portable', ...job });
    this.send({ type: 'welcome', workerId: 'victim', jobDigest: 'ab' }, payload);
  }

  /** The next message of that type. */
  async next(type: ToCoordinator['type']): Promise<ToCoordinator> {
    for (;;) {
      const message = await this.messages.next();
      if (message.type === type) return message;
    }
  }
}

export class HostileCoordinator {
  readonly victims = new Inbox<Victim>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, { socket: raw }) => this.victims.put(new Victim(socket, raw)));
  }

  static async start(): Promise<HostileCoordinator> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: workerPath, maxPayload: maximumFrameBytes });
    await once(server, 'listening');
    return new HostileCoordinator(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
