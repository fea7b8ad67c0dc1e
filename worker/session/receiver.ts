// What comes from the coordinator: frames, whole or in pieces, become messages whose payloads stand where they are needed.

import { type Checksum, checksumOfCopies } from '../../shared/protocol/checksum.ts';
import { createToWorkerDecoder, type Received } from '../../shared/protocol/decode.ts';
import type { Frozen, Parameters, ToWorker } from '../../shared/protocol/messages.ts';
import { FrameGate } from './frame_gate.ts';
import { LimitExceeded, type WorkerLimitName, type WorkerLimits } from './limits.ts';

export interface ReceiverOptions {
  readonly limits: WorkerLimits;
  /** Where weights are to be written; asked as soon as their header has come. @throws {ProtocolError} to refuse them */
  readonly placeWeights: (message: Frozen | Parameters, bytes: number) => Uint8Array;
  /** Takes a message; its payload is valid until this returns. @throws {ProtocolError} if it may not come now */
  readonly onMessage: (received: Received<ToWorker>) => void;
  /** Called with whatever the functions above have thrown, or with what is wrong with a frame. */
  readonly onError: (error: unknown) => void;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #decoder = createToWorkerDecoder({
    maximumPayload: Number.POSITIVE_INFINITY, // which place() bounds
    place: (message, bytes) => this.#place(message, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
  });
  readonly #gate: FrameGate;
  #checksum = checksumOfCopies;
  /** Where samples arrive; used again for every lease. */
  #samples = new Uint8Array(0);
  #stopped = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const { limits, onError } = options;
    const sink = {
      push: (frame: Uint8Array) => this.#take(() => this.#decoder.push(frame)),
      begin: (bytes: number) =>
        this.#take(() => {
          this.#decoder.begin(bytes);
          return undefined;
        }),
      pushPiece: (piece: Uint8Array) => this.#take(() => this.#decoder.pushPiece(piece)),
    };
    // Parameters may be among what is held, besides all that may wait.
    this.#gate = new FrameGate(sink, limits.parameterBytes + limits.waitingBytes, () => {
      if (!this.#stopped) onError(new LimitExceeded('waitingBytes', limits));
    });
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
    this.#require('messageBytes', bytes);
    switch (message.type) {
      case 'welcome':
        this.#require('jobBytes', bytes);
        return undefined;
      case 'lease':
        if (this.#samples.length < bytes) this.#samples = new Uint8Array(bytes);
        return this.#samples.subarray(0, bytes);
      case 'frozen':
      case 'parameters':
        return this.#options.placeWeights(message, bytes);
      default:
        return undefined;
    }
  }

  #require(limit: WorkerLimitName, bytes: number): void {
    const { limits } = this.#options;
    if (bytes > limits[limit]) throw new LimitExceeded(limit, limits);
  }
}
