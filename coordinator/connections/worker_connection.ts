// One worker's connection, from the handshake to the close: frames become checked messages here, and nowhere else.

import type { Clock } from '../../shared/clock.ts';
import type { Checksum } from '../../shared/protocol/checksum.ts';
import {
  type CloseName,
  closeCodes,
  closeReason,
  describeClose,
  ProtocolError,
} from '../../shared/protocol/close_codes.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import { createToCoordinatorDecoder, type Decoder, type Received } from '../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { helloTimeout, maximumWarnings } from '../../shared/protocol/limits.ts';
import type { Contribution, Hello, ToCoordinator, ToWorker } from '../../shared/protocol/messages.ts';
import type { WorkerId } from '../training/lease.ts';
import type { Role } from './access.ts';
import { LateRefusal } from './handshake.ts';
import { faultOf } from './liveness.ts';
import type { OpenSocket } from './worker_socket.ts';

export interface WorkerConnectionHandlers {
  /** Judges the handshake: the role of the worker. @throws {ProtocolError} to refuse it. */
  readonly checkHello: (hello: Hello, address: string) => Role;
  /** The handshake was accepted. */
  readonly onJoined: (connection: WorkerConnection, hello: Hello) => void;
  /**
   * Where the payload of a contribution is to be written; undefined if it is of no use. May be asked again while it
   * arrives.
   */
  readonly placeGradient: (
    connection: WorkerConnection,
    contribution: Contribution,
    bytes: number,
  ) => Uint8Array | undefined;
  /** Knows the memory that `placeGradient` names. */
  readonly checksum: Checksum;
  readonly onContribution: (connection: WorkerConnection, contribution: Contribution, payloadBytes: number) => void;
  /** A heartbeat came back: with it all answers to what was sent before it have come. */
  readonly onHeartbeat: (connection: WorkerConnection, beat: number) => void;
  /** Called exactly once for a connection whose hello was accepted, however it ends. */
  readonly onClosed: (connection: WorkerConnection, reason: string) => void;
}

export interface WorkerConnectionOptions {
  readonly id: WorkerId;
  readonly address: string;
  /** The longest payload accepted, in bytes. */
  readonly maximumPayload: number;
  /** Bytes that may wait to be sent. */
  readonly maximumUnsent: number;
  readonly clock: Clock;
  readonly handlers: WorkerConnectionHandlers;
}

type ConnectionState = 'awaiting hello' | 'being refused' | 'working' | 'closed';

/** Frames that the system has not taken over yet. */
interface Unsent {
  readonly since: number;
  readonly bytes: number;
}

export class WorkerConnection {
  readonly id: WorkerId;
  readonly address: string;
  readonly #options: WorkerConnectionOptions;
  readonly #connection: Connection;
  readonly #decoder: Decoder<ToCoordinator>;
  #cancelTimer: () => void;
  readonly #unsent: Unsent[] = [];
  #unsentBytes = 0;
  #state: ConnectionState = 'awaiting hello';
  #role: Role = 'watcher';
  #closeReason: string | undefined;
  #receivedAt: number;
  /** A frame that comes in pieces. */
  #arriving: { readonly since: number; readonly bytes: number; left: number } | undefined;
  #beats = 0;
  #warnings = 0;

  constructor(open: OpenSocket, options: WorkerConnectionOptions) {
    const { id, address, maximumPayload, clock } = options;
    this.id = id;
    this.address = address;
    this.#options = options;
    this.#receivedAt = clock.now();
    this.#decoder = createToCoordinatorDecoder({
      maximumPayload,
      place: (message, bytes) => this.#place(message, bytes),
      checksum: options.handlers.checksum,
    });
    this.#cancelTimer = clock.schedule(helloTimeout, () =>
      this.close('tooSlow', `no hello within ${helloTimeout / 1000} s`),
    );
    this.#connection = open({
      onFrame: (frame) => this.#decode(() => this.#decoder.push(frame)),
      onFrameStart: (bytes) => {
        this.#arriving = bytes === 0 ? undefined : { since: clock.now(), bytes, left: bytes };
        this.#decode(() => {
          this.#decoder.begin(bytes);
          return undefined;
        });
      },
      onFramePiece: (piece) => {
        if (this.#arriving !== undefined) this.#arriving.left -= piece.length;
        if (this.#arriving?.left === 0) this.#arriving = undefined;
        this.#decode(() => this.#decoder.pushPiece(piece));
      },
      onText: () =>
        this.#decode(() => {
          throw new ProtocolError('badMessage', 'text frame: only binary frames are spoken here');
        }),
      onClosed: (code, reason) => this.#finish(describeClose(code, reason)),
    });
  }

  /** What it may do, known once it has joined. */
  get role(): Role {
    return this.#role;
  }

  /** Heartbeats sent so far. */
  get beats(): number {
    return this.#beats;
  }

  /** Whether the system has not taken over all that was sent. */
  get isSending(): boolean {
    return this.#unsentBytes > 0;
  }

  send(message: ToWorker, payload?: Uint8Array): void {
    this.sendFrames(encodeToWorker(message, payload));
  }

  /** Sends frames that may be shared with other connections: they must not change before `onSent` is called, once. */
  sendFrames(frames: readonly Uint8Array[], onSent: () => void = () => undefined): void {
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    if (this.#unsentBytes + bytes > this.#options.maximumUnsent) {
      onSent();
      this.close('tooSlow', `takes too little of what it is sent: ${this.#unsentBytes} bytes wait`);
      return;
    }
    this.#unsent.push({ since: this.#options.clock.now(), bytes });
    this.#unsentBytes += bytes;
    this.#connection.send(frames, () => {
      this.#unsent.shift();
      this.#unsentBytes -= bytes;
      onSent();
    });
  }

  /** Closes a connection that shows no life, and shows its own. @param excusedUntil see `SignsOfLife`. */
  keepAlive(now: number, excusedUntil: number | undefined): void {
    if (this.#state !== 'working') return;
    const [oldest] = this.#unsent;
    const unsent = oldest === undefined ? undefined : { since: oldest.since, bytes: this.#unsentBytes };
    const fault = faultOf({ receivedAt: this.#receivedAt, excusedUntil, arriving: this.#arriving, unsent }, now);
    if (fault !== undefined) {
      this.close('tooSlow', fault);
      return;
    }
    this.#beats += 1;
    this.send({ type: 'heartbeat', beat: this.#beats });
  }

  /** Tells the worker that an answer was not counted; closes the connection when that has happened too often. */
  warn(reason: string): void {
    this.#warnings += 1;
    if (this.#warnings >= maximumWarnings) this.close('badMessage', reason);
    else this.send({ type: 'warning', reason });
  }

  /** Closes the connection; a worker that does not answer the close is cut off soon after. */
  close(name: CloseName, reason: string): void {
    this.#closeReason ??= reason;
    this.#connection.close(closeCodes[name], closeReason(reason));
    if (name !== 'normal' && name !== 'goingAway') this.#finish(reason);
  }

  #place(message: ToCoordinator, bytes: number): Uint8Array | undefined {
    if (message.type !== 'contribution') return undefined;
    if (this.#state !== 'working') throw new ProtocolError('badMessage', 'contribution before hello');
    return this.#options.handlers.placeGradient(this, message, bytes);
  }

  #decode(take: () => Received<ToCoordinator> | undefined): void {
    if (this.#state === 'closed' || this.#state === 'being refused') return;
    this.#receivedAt = this.#options.clock.now();
    try {
      const received = take();
      if (received !== undefined) this.#dispatch(received);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error instanceof LateRefusal) this.#refuseLater(error);
      else this.#refuse(error);
    }
  }

  #refuse(error: ProtocolError): void {
    if (this.#state !== 'working') this.send({ type: 'refused', reason: error.message });
    this.close(error.closeName, error.message);
  }

  #refuseLater(error: LateRefusal): void {
    this.#cancelTimer();
    this.#state = 'being refused';
    this.#cancelTimer = this.#options.clock.schedule(error.delay, () => this.#refuse(error));
  }

  #dispatch({ message, payload }: Received<ToCoordinator>): void {
    if (message.type === 'hello') {
      if (this.#state !== 'awaiting hello') throw new ProtocolError('badMessage', 'hello twice');
      this.#role = this.#options.handlers.checkHello(message, this.address);
      this.#cancelTimer();
      this.#state = 'working';
      this.#connection.joined?.();
      this.#options.handlers.onJoined(this, message);
      return;
    }
    if (this.#state !== 'working') throw new ProtocolError('badMessage', `${message.type} before hello`);
    switch (message.type) {
      case 'contribution':
        this.#options.handlers.onContribution(this, message, payload.length);
        break;
      case 'goodbye':
        this.close('normal', message.reason);
        this.#finish(message.reason);
        break;
      case 'heartbeat':
        if (message.beat > this.#beats)
          throw new ProtocolError('badMessage', `heartbeat ${message.beat} was never sent`);
        this.#options.handlers.onHeartbeat(this, message.beat);
        break;
      default:
        message satisfies never;
    }
  }

  #finish(reason: string): void {
    this.#cancelTimer();
    const wasWorking = this.#state === 'working';
    this.#state = 'closed';
    if (wasWorking) this.#options.handlers.onClosed(this, this.#closeReason ?? reason);
  }
}
