// Frames to messages: the one place where bytes from the other side become typed values. Nothing is trusted before its
// check, and nothing is held beyond one message.

import { type Checksum, checksumOfCopies } from './checksum.ts';
import { type PayloadCheck, readBeginning, verifyPayload } from './frame.ts';
import { unpackHeader } from './header_codec.ts';
import { payloadAlignment } from './limits.ts';
import { checkContinuation, checkFirstChunk, checkMessage, checkPayload } from './message_check.ts';
import type { ToCoordinator, ToWorker } from './messages.ts';
import { type Rules, toCoordinatorRules, toWorkerRules } from './schemas.ts';

const nothing = new Uint8Array(0);

/** Where a payload goes: to memory of the receiver's, nowhere, or (undefined) wherever the decoder likes. */
export type Place = Uint8Array | 'nowhere' | undefined;

/** A whole message. The payload is 8-byte aligned unless `place` put it elsewhere; it may be a view of the frame. */
export interface Received<Message> {
  readonly message: Message;
  readonly payload: Uint8Array;
}

export interface DecoderOptions<Message> {
  /** The longest payload accepted, in bytes. */
  readonly maximumPayload: number;
  /**
   * Says where a payload is to be written: `payloadBytes` bytes that stay valid until the message is complete, or
   * undefined to let the decoder choose. A message whose payload goes nowhere is never handed on, and costs no memory.
   * Asked once per message with a payload, at its first frame, after its header was checked, and again if that memory was
   * detached while the message arrived (a WebAssembly memory that grew): then it must name the same place. It may throw a
   * ProtocolError to refuse the message.
   */
  readonly place?: (message: Message, payloadBytes: number) => Place;
  /** Had better know the memories that `place` names. */
  readonly checksum?: Checksum;
}

export interface Decoder<Message> {
  /**
   * Takes the next frame; returns a message when this frame completes one.
   * @throws {ProtocolError} on a violation; the connection is to be closed, the decoder not to be used again.
   */
  readonly push: (frame: Uint8Array) => Received<Message> | undefined;
  /** Begins a frame of so many bytes that comes in pieces. @throws {ProtocolError} as `push`. */
  readonly begin: (frameBytes: number) => void;
  /** Takes the next piece of that frame, which is copied; as `push`. */
  readonly pushPiece: (piece: Uint8Array) => Received<Message> | undefined;
  /** Bytes of the message (or, as long as its header has not come, of its frame) of which only a part is here; 0 if none. */
  readonly pendingBytes: () => number;
  /** Those that are here of it. */
  readonly arrivedBytes: () => number;
  /** True between the first and the last frame of a large message. */
  readonly isMidMessage: () => boolean;
}

/** The coordinator's decoder. */
export function createToCoordinatorDecoder(options: DecoderOptions<ToCoordinator>): Decoder<ToCoordinator> {
  return new MessageDecoder<ToCoordinator>(toCoordinatorRules, options);
}

/** The worker's decoder. */
export function createToWorkerDecoder(options: DecoderOptions<ToWorker>): Decoder<ToWorker> {
  return new MessageDecoder<ToWorker>(toWorkerRules, options);
}

/** A message of which `received` payload bytes have arrived. */
interface Arriving<Message> {
  readonly message: Message;
  /** Bytes of the whole payload. */
  readonly payloadBytes: number;
  /** Where the payload goes; undefined if the decoder is to choose and has not chosen yet. */
  target: Place;
  received: number;
  frames: number;
}

/** A frame that comes in pieces. */
type FrameInPieces<Message> =
  /** `come` is what has come of it, which does not reach to its payload. */
  | { readonly part: 'beginning'; readonly frameBytes: number; readonly come: Uint8Array }
  | { readonly part: 'payload'; readonly chunk: Chunk<Message> };

/** The part of a payload that one frame carries. */
interface Chunk<Message> {
  readonly arriving: Arriving<Message>;
  /** Bytes of the payload before it, and with it. */
  readonly start: number;
  readonly end: number;
  readonly check: PayloadCheck;
}

class MessageDecoder<Message extends { readonly type: string }> implements Decoder<Message> {
  readonly #rules: Rules<Message>;
  readonly #options: DecoderOptions<Message>;
  readonly #checksum: Checksum;
  #arriving: Arriving<Message> | undefined;
  #frame: FrameInPieces<Message> | undefined;

  constructor(rules: Rules<Message>, options: DecoderOptions<Message>) {
    this.#rules = rules;
    this.#options = options;
    this.#checksum = options.checksum ?? checksumOfCopies;
  }

  push(frame: Uint8Array): Received<Message> | undefined {
    const beginning = readBeginning(frame, frame.length, this.#checksum);
    if (beginning === undefined) throw new Error('a whole frame has its header');
    const { header, payloadOffset, payloadCheck } = beginning;
    const payload = view(frame, payloadOffset);
    const chunk = this.#enter(unpackHeader(header), payload.length, payloadCheck);
    const { message, payloadBytes, target } = chunk.arriving;
    if (payload.length < payloadBytes || target !== undefined || payload.byteOffset % payloadAlignment !== 0) {
      return this.#take(chunk, payload);
    }
    verifyPayload(payload, payloadCheck, this.#checksum);
    this.#arriving = undefined;
    return { message, payload }; // left in the frame
  }

  begin(frameBytes: number): void {
    this.#frame = { part: 'beginning', frameBytes, come: nothing };
    readBeginning(nothing, frameBytes, this.#checksum);
  }

  pushPiece(piece: Uint8Array): Received<Message> | undefined {
    const frame = this.#frame;
    if (frame === undefined) throw new Error('piece of a frame that was not begun');
    switch (frame.part) {
      case 'beginning':
        return this.#pushBeginning(frame.frameBytes, join(frame.come, piece));
      case 'payload':
        return this.#take(frame.chunk, piece);
      default:
        return frame satisfies never;
    }
  }

  pendingBytes(): number {
    if (this.#arriving !== undefined) return this.#arriving.payloadBytes;
    return this.#frame?.part === 'beginning' ? this.#frame.frameBytes : 0;
  }

  arrivedBytes(): number {
    if (this.#arriving !== undefined) return this.#arriving.received;
    return this.#frame?.part === 'beginning' ? this.#frame.come.length : 0;
  }

  isMidMessage(): boolean {
    return this.#arriving !== undefined;
  }

  #pushBeginning(frameBytes: number, bytes: Uint8Array): Received<Message> | undefined {
    const beginning = readBeginning(bytes, frameBytes, this.#checksum);
    if (beginning === undefined) {
      // A Buffer's slice() would be no copy.
      this.#frame = { part: 'beginning', frameBytes, come: new Uint8Array(bytes) };
      return undefined;
    }
    const { header, payloadOffset, payloadCheck } = beginning;
    const chunk = this.#enter(unpackHeader(header), frameBytes - payloadOffset, payloadCheck);
    this.#frame = { part: 'payload', chunk };
    return this.#take(chunk, bytes.subarray(payloadOffset));
  }

  /** Finds the message that a frame with this header and `chunkBytes` of payload belongs to. */
  #enter(header: unknown, chunkBytes: number, check: PayloadCheck): Chunk<Message> {
    if (this.#arriving === undefined) this.#arriving = this.#start(header, chunkBytes);
    else this.#continue(this.#arriving, header, chunkBytes);
    const { received: start } = this.#arriving;
    return { arriving: this.#arriving, start, end: start + chunkBytes, check };
  }

  /** Takes more bytes of a chunk; its last bring the check, and perhaps the message. */
  #take({ arriving, start, end, check }: Chunk<Message>, bytes: Uint8Array): Received<Message> | undefined {
    if (arriving.received + bytes.length > end) throw new Error('piece behind the end of its frame');
    this.#copy(arriving, bytes);
    if (arriving.received < end) return undefined;
    this.#frame = undefined;
    if (arriving.target !== 'nowhere') {
      verifyPayload(arriving.target?.subarray(start, end) ?? nothing, check, this.#checksum);
    }
    return this.#finishIfComplete(arriving);
  }

  #start(header: unknown, chunkBytes: number): Arriving<Message> {
    const { message, payloadBytes: announced } = checkMessage(this.#rules, header);
    const payloadBytes = announced ?? chunkBytes;
    const { payload: kind } = this.#rules[message.type as Message['type']];
    checkPayload(message.type, kind, payloadBytes, this.#options.maximumPayload);
    if (announced !== undefined) checkFirstChunk(message.type, chunkBytes, announced);
    const target = payloadBytes === 0 ? undefined : destination(message, payloadBytes, this.#options);
    return { message, payloadBytes, target, received: 0, frames: 1 };
  }

  #continue(arriving: Arriving<Message>, header: unknown, chunkBytes: number): void {
    checkContinuation(header, chunkBytes, arriving);
    arriving.frames += 1;
  }

  #copy(arriving: Arriving<Message>, bytes: Uint8Array): void {
    const { message, payloadBytes, received } = arriving;
    if (bytes.length === 0) return;
    arriving.received += bytes.length;
    if (arriving.target === 'nowhere') return;
    // A view has no length once its memory was detached.
    if (arriving.target?.length === 0) arriving.target = destination(message, payloadBytes, this.#options);
    arriving.target ??= new Uint8Array(payloadBytes);
    if (arriving.target !== 'nowhere') arriving.target.set(bytes, received);
  }

  #finishIfComplete({ message, payloadBytes, target, received }: Arriving<Message>): Received<Message> | undefined {
    if (received < payloadBytes) return undefined;
    this.#arriving = undefined;
    return target === 'nowhere' ? undefined : { message, payload: target ?? nothing };
  }
}

/** A plain Uint8Array over the rest of `bytes`, whatever subclass that is. */
function view(bytes: Uint8Array, start: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

/** The place that the receiver wants, if it wants one. */
function destination<Message extends { readonly type: string }>(
  message: Message,
  payloadBytes: number,
  { place }: DecoderOptions<Message>,
): Place {
  const target = place?.(message, payloadBytes);
  if (target instanceof Uint8Array && target.length !== payloadBytes) {
    throw new Error(`place() gave ${target.length} bytes for the ${payloadBytes} of message "${message.type}"`);
  }
  return target;
}
