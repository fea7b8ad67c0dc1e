// One worker's socket, from the handshake to the close: bytes become checked messages here, and nowhere else.

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Checksum } from '../shared/protocol/checksum.ts';
import {
  type CloseName,
  closeCodes,
  closeReason,
  describeClose,
  ProtocolError,
} from '../shared/protocol/close_codes.ts';
import { createToCoordinatorDecoder, type Decoder, type Received } from '../shared/protocol/decode.ts';
import { encodeToWorker } from '../shared/protocol/encode.ts';
import { helloTimeout } from '../shared/protocol/limits.ts';
import type { Contribution, Hello, ToCoordinator, ToWorker } from '../shared/protocol/messages.ts';
import type { WorkerId } from './lease_book.ts';
import type { WorkerSocket } from './worker_socket.ts';

export interface WorkerConnectionHandlers {
  /** Judges the handshake; throws a ProtocolError to refuse it. */
  readonly onHello: (connection: WorkerConnection, hello: Hello) => void;
  /**
   * Where the payload of a contribution is to be written; throws a ProtocolError to refuse it. May be asked again while it
   * arrives.
   */
  readonly placeGradient: (connection: WorkerConnection, contribution: Contribution, bytes: number) => Uint8Array;
  /** Knows the memory that `placeGradient` names. */
  readonly checksum: Checksum;
  readonly onContribution: (connection: WorkerConnection, contribution: Contribution) => void;
  /** Called exactly once for a connection whose hello was accepted, however it ends. */
  readonly onClosed: (connection: WorkerConnection, reason: string) => void;
}

type ConnectionState = 'awaiting hello' | 'working' | 'closed';

export class WorkerConnection {
  readonly id: WorkerId;
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #carrier: Duplex;
  readonly #handlers: WorkerConnectionHandlers;
  readonly #decoder: Decoder<ToCoordinator>;
  readonly #helloTimer: NodeJS.Timeout;
  #state: ConnectionState = 'awaiting hello';
  #closeReason: string | undefined;

  constructor(
    { webSocket, carrier, readInPieces }: WorkerSocket,
    id: WorkerId,
    address: string,
    maximumPayload: number,
    handlers: WorkerConnectionHandlers,
  ) {
    this.id = id;
    this.address = address;
    this.#socket = webSocket;
    this.#carrier = carrier;
    this.#handlers = handlers;
    this.#decoder = createToCoordinatorDecoder({
      maximumPayload,
      place: (message, bytes) => this.#place(message, bytes),
      checksum: handlers.checksum,
    });
    this.#helloTimer = setTimeout(
      () => this.close('tooSlow', `no hello within ${helloTimeout / 1000} s`),
      helloTimeout,
    );
    webSocket.binaryType = 'nodebuffer';
    webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    webSocket.on('close', (code, reason) => this.#finish(describeClose(code, reason.toString())));
    // An error is followed by a close, which tells the rest.
    webSocket.on('error', (error) => {
      this.#closeReason ??= error.message;
    });
    readInPieces({
      onFrameStart: (bytes) =>
        this.#decode(() => {
          this.#decoder.begin(bytes);
          return undefined;
        }),
      onFramePiece: (piece) => this.#decode(() => this.#decoder.pushPiece(piece)),
    });
  }

  send(message: ToWorker, payload?: Uint8Array): void {
    this.sendFrames(encodeToWorker(message, payload));
  }

  /** Sends frames that may be shared with other connections: they must not change before `onSent` is called, once. */
  sendFrames(frames: readonly Uint8Array[], onSent: () => void = () => undefined): void {
    const last = frames.length - 1;
    if (this.#socket.readyState !== WebSocket.OPEN || last < 0) {
      onSent();
      return;
    }
    this.#carrier.cork(); // so that all frames leave in one system call
    frames.forEach((frame, index) => {
      // Called with an error too, when the socket is gone; its close tells the rest.
      if (index === last) this.#socket.send(frame, () => onSent());
      else this.#socket.send(frame);
    });
    this.#carrier.uncork();
  }

  /** Closes the socket; a peer that does not answer the close is cut off by the WebSocket library after 30 s. */
  close(name: CloseName, reason: string): void {
    this.#closeReason ??= reason;
    this.#socket.close(closeCodes[name], closeReason(reason));
    if (name !== 'normal' && name !== 'goingAway') this.#finish(reason);
  }

  #place(message: ToCoordinator, bytes: number): Uint8Array | undefined {
    if (message.type !== 'contribution') return undefined;
    if (this.#state !== 'working') throw new ProtocolError('badMessage', 'contribution before hello');
    return this.#handlers.placeGradient(this, message, bytes);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#decode(() => {
      if (!isBinary) throw new ProtocolError('badMessage', 'text frame: only binary frames are spoken here');
      return this.#decoder.push(data);
    });
  }

  #decode(take: () => Received<ToCoordinator> | undefined): void {
    if (this.#state === 'closed') return;
    try {
      const received = take();
      if (received !== undefined) this.#dispatch(received);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#state === 'awaiting hello') this.send({ type: 'refused', reason: error.message });
      this.close(error.closeName, error.message);
    }
  }

  #dispatch({ message }: Received<ToCoordinator>): void {
    if (message.type === 'hello') {
      if (this.#state !== 'awaiting hello') throw new ProtocolError('badMessage', 'hello twice');
      this.#handlers.onHello(this, message);
      clearTimeout(this.#helloTimer);
      this.#state = 'working';
      return;
    }
    if (this.#state !== 'working') throw new ProtocolError('badMessage', `${message.type} before hello`);
    switch (message.type) {
      case 'contribution':
        this.#handlers.onContribution(this, message);
        break;
      case 'goodbye':
        this.close('normal', message.reason);
        this.#finish(message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  #finish(reason: string): void {
    clearTimeout(this.#helloTimer);
    const wasWorking = this.#state === 'working';
    this.#state = 'closed';
    if (wasWorking) this.#handlers.onClosed(this, this.#closeReason ?? reason);
  }
}
