// One worker's connection, from the handshake to the close. What the peer sends can end it and nothing more; what the run
// throws is the run's own failure.

import {
  type CloseName,
  closeCodes,
  closeReason,
  describeClose,
  ProtocolError,
} from '../../shared/protocol/close_codes.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import type { Place, Received } from '../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { helloTimeout, maximumWarnings } from '../../shared/protocol/limits.ts';
import type { Hello, ToCoordinator, ToWorker } from '../../shared/protocol/messages.ts';
import type { WorkerId } from '../training/lease.ts';
import type { Role } from './access.ts';
import { LateRefusal } from './handshake.ts';
import { Heartbeats } from './heartbeats.ts';
import { Incoming } from './incoming.ts';
import { faultOf } from './liveness.ts';
import { type Account, shedReason } from './memory_budget.ts';
import { Outgoing } from './outgoing.ts';
import type { WorkerConnectionOptions } from './worker_connection_options.ts';
import type { OpenSocket } from './worker_socket.ts';

type ConnectionState = 'awaiting hello' | 'being refused' | 'awaiting its turn' | 'working' | 'closed';

export class WorkerConnection {
  readonly id: WorkerId;
  readonly address: string;
  /** What it holds of the coordinator's memory. */
  readonly account: Account;
  readonly #options: WorkerConnectionOptions;
  readonly #incoming: Incoming;
  readonly #connection: Connection;
  readonly #outgoing: Outgoing;
  readonly #heartbeats = new Heartbeats();
  #cancelTimer = () => {};
  #state: ConnectionState = 'awaiting hello';
  #role: Role = 'watcher';
  #closeReason: string | undefined;
  #warnings = 0;

  constructor(open: OpenSocket, options: WorkerConnectionOptions) {
    const { id, address, memory, clock, limits, maximumPayload, handlers } = options;
    this.id = id;
    this.address = address;
    this.#options = options;
    this.account = memory.open(() => this.#shed());
    const parts = { account: this.account, clock };
    this.#incoming = new Incoming({
      ...parts,
      maximumPayload,
      limits,
      handlers: {
        isStranger: () => this.#state !== 'working',
        place: (message, bytes) => this.#place(message, bytes),
        checksum: handlers.checksum,
        onMessage: (received) => this.#take(received),
        onViolation: (error) => this.#refuse(error),
        onUndecodable: (words) =>
          handlers.onTrouble('undecodable', `a message from ${address} could not be decoded: ${words}`),
      },
    });
    const late = `no hello within ${helloTimeout / 1000} s`;
    this.#later('awaiting hello', helloTimeout, () => this.close('tooSlow', late));
    const onClosed = (code: number, reason: string) => this.#finish(describeClose(code, reason));
    this.#connection = open({ ...this.#incoming.handlers, onClosed });
    this.#outgoing = new Outgoing({
      ...parts,
      connection: this.#connection,
      maximum: options.maximumUnsent,
      onOverflow: (waiting) => this.close('tooSlow', `takes too little of what it is sent: ${waiting} bytes wait`),
    });
  }

  /** What it may do, known once it has joined. */
  get role(): Role {
    return this.#role;
  }

  /** Heartbeats sent so far. */
  get beats(): number {
    return this.#heartbeats.sent;
  }

  /** Whether the system has not taken over all that was sent. */
  get isSending(): boolean {
    return this.#outgoing.bytes > 0;
  }

  send(message: ToWorker, payload?: Uint8Array): void {
    this.sendFrames(encodeToWorker(message, payload));
  }

  /** See `Outgoing.send`: the frames must not change before `onSent` is called. */
  sendFrames(frames: readonly Uint8Array[], onSent: () => void = () => undefined): void {
    this.#outgoing.send(frames, onSent);
  }

  /** See `Outgoing.sendShared`. */
  sendShared(frames: readonly Uint8Array[], onSent: () => void): void {
    this.#outgoing.sendShared(frames, onSent);
  }

  /** Closes a connection that shows no life, and shows its own. @param excusedUntil see `SignsOfLife`. */
  keepAlive(now: number, excusedUntil: number | undefined): void {
    if (this.#state !== 'working') return;
    const { receivedAt, arriving } = this.#incoming;
    const fault = faultOf({ receivedAt, excusedUntil, arriving, unsent: this.#outgoing.oldest }, now);
    if (fault !== undefined) {
      this.close('tooSlow', fault);
      return;
    }
    this.send({ type: 'heartbeat', beat: this.#heartbeats.next() });
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

  /** Others need the memory that it holds. */
  #shed(): void {
    this.close('tooMany', shedReason);
    const line = 'was closed: what all peers hold is more than --max-memory';
    this.#options.handlers.onTrouble('memory', `a connection from ${this.address} ${line}`);
  }

  #place(message: ToCoordinator, bytes: number): Place {
    if (message.type !== 'contribution') return undefined;
    if (this.#state !== 'working') throw new ProtocolError('badMessage', 'contribution before hello');
    try {
      return this.#options.handlers.placeGradient(this, message, bytes);
    } catch (error) {
      this.#fail(error);
      return 'nowhere';
    }
  }

  /** Hands a message to the run. @returns whether it was asked for */
  #take(received: Received<ToCoordinator>): boolean {
    const warnings = this.#warnings;
    this.#attempt(() => this.#dispatch(received));
    return this.#warnings === warnings && this.#state === 'working';
  }

  #dispatch({ message, payload }: Received<ToCoordinator>): void {
    if (message.type === 'hello') {
      this.#greet(message);
      return;
    }
    const mayLeave = this.#state === 'awaiting its turn' && message.type === 'goodbye';
    if (this.#state !== 'working' && !mayLeave) {
      const missing = this.#state === 'awaiting hello' ? 'hello' : 'welcome';
      throw new ProtocolError('badMessage', `${message.type} before ${missing}`);
    }
    switch (message.type) {
      case 'contribution':
        this.#options.handlers.onContribution(this, message, payload.length);
        break;
      case 'goodbye':
        this.close('normal', message.reason);
        this.#finish(message.reason);
        break;
      case 'heartbeat':
        this.#heartbeats.take(message.beat);
        this.#options.handlers.onHeartbeat(this, message.beat);
        break;
      default:
        message satisfies never;
    }
  }

  #greet(hello: Hello): void {
    if (this.#state !== 'awaiting hello') throw new ProtocolError('badMessage', 'hello twice');
    const { joinTurns, handlers, clock } = this.#options;
    this.#role = handlers.checkHello(hello, this.address);
    const wait = this.#role === 'local' ? 0 : joinTurns.take(this.address, clock.now());
    if (wait > 0) this.#later('awaiting its turn', wait, () => this.#attempt(() => this.#join(hello)));
    else this.#join(hello);
  }

  #join(hello: Hello): void {
    this.#cancelTimer();
    this.#state = 'working';
    if (this.#role === 'local') this.account.trust();
    this.#connection.joined?.();
    this.#options.handlers.onJoined(this, hello);
  }

  /** Something was thrown by what we do ourselves: a refusal, or a mistake of ours. */
  #fail(error: unknown): void {
    if (error instanceof LateRefusal) this.#refuseLater(error);
    else if (error instanceof ProtocolError) this.#refuse(error);
    else {
      this.close('goingAway', 'the coordinator failed');
      this.#options.handlers.onFailed(error);
    }
  }

  #refuse(error: ProtocolError): void {
    const isNew = this.#state !== 'working' && this.#state !== 'closed';
    if (isNew) this.send({ type: 'refused', reason: error.message });
    this.close(error.closeName, error.message);
  }

  #refuseLater(error: LateRefusal): void {
    this.#incoming.mute();
    this.#later('being refused', error.delay, () => this.#refuse(error));
  }

  #later(state: ConnectionState, milliseconds: number, action: () => void): void {
    this.#cancelTimer();
    this.#state = state;
    this.#cancelTimer = this.#options.clock.schedule(milliseconds, action);
  }

  #finish(reason: string): void {
    this.#cancelTimer();
    this.#incoming.stop();
    const wasWorking = this.#state === 'working';
    this.#state = 'closed';
    const { handlers, joinTurns, clock } = this.#options;
    if (wasWorking && this.account.isStranger()) joinTurns.wasVain(this.address, clock.now());
    if (wasWorking) this.#attempt(() => handlers.onClosed(this, this.#closeReason ?? reason));
    this.account.leave();
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }
}
