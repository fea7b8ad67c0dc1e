// What comes over one connection: bytes and frames in, checked messages out, within limits. Whatever goes wrong here is the
// peer's doing and its end, not the run's.

import type { Clock } from '../../shared/clock.ts';
import type { Checksum } from '../../shared/protocol/checksum.ts';
import { type CloseName, ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { ConnectionHandlers } from '../../shared/protocol/connection.ts';
import { createToCoordinatorDecoder, type Decoder, type Place, type Received } from '../../shared/protocol/decode.ts';
import { maximumHelloBytes } from '../../shared/protocol/limits.ts';
import type { ToCoordinator } from '../../shared/protocol/messages.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import type { SignsOfLife } from './liveness.ts';
import type { Account } from './memory_budget.ts';
import { Traffic, type TrafficLimits } from './traffic.ts';

export interface IncomingHandlers {
  /** Whether it may be heard as yet, and only by its hello. */
  readonly isStranger: () => boolean;
  /** Where the payload of a message goes; see `DecoderOptions`. */
  readonly place: (message: ToCoordinator, bytes: number) => Place;
  /** Knows the memory that `place` names. */
  readonly checksum: Checksum;
  /** @returns whether the message was asked for */
  readonly onMessage: (received: Received<ToCoordinator>) => boolean;
  /** The peer broke the protocol or exceeded a limit. */
  readonly onViolation: (error: ProtocolError) => void;
  /** The peer made decoding fail in a way that we have not thought of. */
  readonly onUndecodable: (words: string) => void;
}

export interface IncomingOptions {
  /** The longest payload accepted, in bytes. */
  readonly maximumPayload: number;
  readonly limits: TrafficLimits;
  readonly account: Account;
  readonly clock: Clock;
  readonly handlers: IncomingHandlers;
}

export class Incoming {
  readonly #options: IncomingOptions;
  readonly #traffic: Traffic;
  readonly #decoder: Decoder<ToCoordinator>;
  #hearing: 'all' | 'limits' | 'nothing' = 'all';
  #receivedAt: number;
  /** When the message began of which only a part has come. */
  #arrivingSince: number | undefined;
  /** Bytes held of a frame that comes in fragments, and for the payload that arrives. */
  #fragmentBytes = 0;
  #placedBytes = 0;

  constructor(options: IncomingOptions) {
    const { maximumPayload, limits, clock, handlers } = options;
    this.#options = options;
    this.#traffic = new Traffic(limits);
    this.#receivedAt = clock.now();
    this.#decoder = createToCoordinatorDecoder({
      maximumPayload,
      place: (message, bytes) => this.#place(message, bytes),
      checksum: handlers.checksum,
    });
  }

  /** When the last byte came, in monotonic milliseconds. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** See `SignsOfLife`. */
  get arriving(): SignsOfLife['arriving'] {
    if (this.#arrivingSince === undefined) return undefined;
    const bytes = Math.max(this.#decoder.pendingBytes(), this.#fragmentBytes);
    return { since: this.#arrivingSince, bytes, come: Math.max(this.#decoder.arrivedBytes(), this.#fragmentBytes) };
  }

  /** No message is taken any more; limits hold on. */
  mute(): void {
    if (this.#hearing === 'all') this.#hearing = 'limits';
  }

  /** Nothing is heard any more. */
  stop(): void {
    this.#hearing = 'nothing';
  }

  /** For the transport, which adds its end. */
  readonly handlers: Omit<ConnectionHandlers, 'onClosed'> = {
    onRead: (bytes) => {
      this.#receivedAt = this.#options.clock.now();
      this.#traffic.beginRead(bytes, this.#receivedAt);
    },
    onReadEnd: () => this.#limit(this.#traffic.endRead(this.#options.clock.now())),
    onControlFrame: () => this.#limit(this.#traffic.controlFrame(this.#receivedAt)),
    onFragment: (bytes) => this.#holdFragments(bytes),
    onFrame: (frame) => {
      this.#receivedAt = this.#options.clock.now();
      this.#take(frame, true);
    },
    onFrameStart: (bytes) => this.#begin(bytes),
    onFramePiece: (piece) => this.#take(piece, false),
    onRefused: (error) => this.#violated(error),
  };

  #begin(frameBytes: number): void {
    if (this.#hearing !== 'all') return;
    try {
      this.#requireFit(frameBytes);
      this.#decoder.begin(frameBytes);
    } catch (error) {
      this.#violated(error);
    }
    this.#watchArrival();
  }

  /** Takes a whole frame, or a piece of the one that was begun. */
  #take(bytes: Uint8Array, isWhole: boolean): void {
    if (this.#hearing !== 'all') return;
    let received: Received<ToCoordinator> | undefined;
    try {
      received = isWhole ? this.#decoder.push(bytes) : this.#decoder.pushPiece(bytes);
    } catch (error) {
      this.#violated(error);
    }
    this.#watchArrival();
    if (this.#placedBytes > 0) this.#traffic.wasAsked(bytes.length);
    if (received !== undefined && this.#hearing === 'all') this.#hand(received);
  }

  #hand(received: Received<ToCoordinator>): void {
    this.#options.account.add(-this.#placedBytes);
    this.#placedBytes = 0;
    if (this.#options.handlers.onMessage(received)) this.#traffic.wasAnswered();
  }

  #holdFragments(bytes: number): void {
    if (this.#hearing === 'nothing') return;
    const { account } = this.#options;
    try {
      this.#requireFit(bytes);
    } catch (error) {
      this.#violated(error);
      return;
    }
    account.add(bytes - this.#fragmentBytes);
    this.#fragmentBytes = bytes;
    this.#watchArrival();
  }

  #place(message: ToCoordinator, bytes: number): Place {
    const { handlers, account } = this.#options;
    const place = handlers.place(message, bytes);
    if (!(place instanceof Uint8Array) || this.#placedBytes > 0) return place;
    this.#placedBytes = bytes;
    return account.add(bytes) ? place : 'nowhere';
  }

  /** @throws {ProtocolError} if a stranger's frame is longer than a hello. */
  #requireFit(frameBytes: number): void {
    if (frameBytes <= maximumHelloBytes || !this.#options.handlers.isStranger()) return;
    throw new ProtocolError(
      'messageTooLarge',
      `frame of ${frameBytes} bytes before hello: at most ${maximumHelloBytes}`,
    );
  }

  #watchArrival(): void {
    if (this.#decoder.pendingBytes() === 0 && this.#fragmentBytes === 0) this.#arrivingSince = undefined;
    else this.#arrivingSince ??= this.#receivedAt;
  }

  #limit(fault: string | undefined): void {
    if (fault !== undefined) this.#violated(new ProtocolError('tooMany' satisfies CloseName, fault));
  }

  #violated(error: unknown): void {
    if (this.#hearing === 'nothing') return;
    const { onViolation, onUndecodable } = this.#options.handlers;
    if (error instanceof ProtocolError) {
      onViolation(error);
      return;
    }
    onUndecodable(plainText(error instanceof Error ? error.message : String(error)));
    onViolation(new ProtocolError('badMessage', 'message that cannot be decoded'));
  }
}
