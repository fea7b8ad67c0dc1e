// What comes from the coordinator: frames, whole or in pieces, become messages whose payloads stand where they are needed.

import { type Checksum, checksumOfCopies } from '../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { createToWorkerDecoder, type Received } from '../../shared/protocol/decode.ts';
import { maximumWelcomeBytes, maximumWorkerPayloadBytes } from '../../shared/protocol/limits.ts';
import type { Parameters, ToWorker } from '../../shared/protocol/messages.ts';
import { FrameGate } from './frame_gate.ts';

export interface ReceiverOptions {
  /** Where parameters are to be written; asked as soon as their header has come. @throws {ProtocolError} to refuse them */
  readonly placeParameters: (message: Parameters, bytes: number) => Uint8Array;
  /** Takes a message; its payload is valid until this returns. @throws {ProtocolError} if it may not come now */
  readonly onMessage: (received: Received<ToWorker>) => void;
  /** Called with whatever the functions above have thrown, or with what is wrong with a frame. */
  readonly onError: (error: unknown) => void;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #decoder = createToWorkerDecoder({
    maximumPayload: maximumWorkerPayloadBytes,
    place: (message, bytes) => this.#place(message, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
  });
  readonly #gate = new FrameGate({
    push: (frame) => this.#take(() => this.#decoder.push(frame)),
    begin: (bytes) =>
      this.#take(() => {
        this.#decoder.begin(bytes);
        return undefined;
      }),
    pushPiece: (piece) => this.#take(() => this.#decoder.pushPiece(piece)),
  });
  #checksum = checksumOfCopies;
  /** Where samples arrive; used again for every lease. */
  #samples = new Uint8Array(0);
  #stopped = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  push(frame: Uint8Array): void {
    this.#gate.push(frame);
  }

  begin(frameBytes: number): void {
    this.#gate.begin(frameBytes);
  }

  pushPiece(piece: Uint8Array): void {
    this.#gate.pushPiece(piece);
  }

  /** Lets frames wait from here on. */
  pause(): void {
    this.#gate.shut();
  }

  /** Goes on with the frames that wait. @param checksum knows the memory of the parameters */
  resume(checksum: Checksum): void {
    this.#checksum = checksum;
    this.#gate.open();
  }

  /** Ignores whatever still comes. */
  stop(): void {
    this.#stopped = true;
  }

  #take(decode: () => Received<ToWorker> | undefined): void {
    if (this.#stopped) return;
    try {
      const received = decode();
      if (received !== undefined) this.#options.onMessage(received);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #place(message: ToWorker, bytes: number): Uint8Array | undefined {
    switch (message.type) {
      case 'welcome':
        if (bytes <= maximumWelcomeBytes) return undefined;
        throw new ProtocolError('messageTooLarge', `welcome with ${bytes} bytes: at most ${maximumWelcomeBytes}`);
      case 'lease':
        if (this.#samples.length < bytes) this.#samples = new Uint8Array(bytes);
        return this.#samples.subarray(0, bytes);
      case 'parameters':
        return this.#options.placeParameters(message, bytes);
      default:
        return undefined;
    }
  }
}
