// Frames to messages: the one place where bytes from the other side become typed values. Nothing is trusted before its
// check, and nothing is held beyond one message.

import { ProtocolError } from './close_codes.ts';
import { splitFrame } from './frame.ts';
import { unpackHeader } from './header_codec.ts';
import { payloadAlignment } from './limits.ts';
import type { ToCoordinator, ToWorker } from './messages.ts';
import {
  checkHeader,
  checkProtocolVersion,
  continuationSchema,
  describeType,
  type PayloadKind,
  type Rules,
  toCoordinatorRules,
  toWorkerRules,
  typeOf,
} from './schemas.ts';

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
   * undefined to let the decoder choose. Asked once per message with a payload, at its first frame, after its header was
   * checked. It may throw a ProtocolError to refuse the message.
   */
  readonly place?: (message: Message, payloadBytes: number) => Uint8Array | undefined;
}

export interface Decoder<Message> {
  /**
   * Takes the next frame; returns a message when this frame completes one.
   * @throws {ProtocolError} on a violation; the connection is to be closed, the decoder not to be used again.
   */
  readonly push: (frame: Uint8Array) => Received<Message> | undefined;
  /** True between the first and the last frame of a large message. */
  readonly isMidMessage: () => boolean;
}

/** The coordinator's decoder. */
export function createToCoordinatorDecoder(options: DecoderOptions<ToCoordinator>): Decoder<ToCoordinator> {
  return createDecoder<ToCoordinator>(toCoordinatorRules, options);
}

/** The worker's decoder. */
export function createToWorkerDecoder(options: DecoderOptions<ToWorker>): Decoder<ToWorker> {
  return createDecoder<ToWorker>(toWorkerRules, options);
}

/** A large message of which `received` payload bytes have arrived. */
interface HalfReceived<Message> {
  readonly message: Message;
  readonly payload: Uint8Array;
  received: number;
}

interface CheckedHeader<Message> {
  readonly message: Message;
  /** Bytes of the whole payload, if continuation frames follow. */
  readonly payloadBytes: number | undefined;
}

function createDecoder<Message extends { readonly type: string }>(
  rules: Rules<Message>,
  options: DecoderOptions<Message>,
): Decoder<Message> {
  let partial: HalfReceived<Message> | undefined;

  function start(header: unknown, chunk: Uint8Array): Received<Message> | undefined {
    const { message, payloadBytes } = checkMessage(rules, header);
    const total = payloadBytes ?? chunk.length;
    checkPayload(message.type, rules[message.type as Message['type']].payload, total, options.maximumPayload);
    if (payloadBytes === undefined) return { message, payload: settle(message, chunk, options) };
    if (payloadBytes <= chunk.length) {
      throw new ProtocolError(
        'badMessage',
        `message "${message.type}", field payloadBytes: ${payloadBytes}, but its first frame alone has ${chunk.length}`,
      );
    }
    const payload = destination(message, payloadBytes, options) ?? new Uint8Array(payloadBytes);
    payload.set(chunk);
    partial = { message, payload, received: chunk.length };
    return undefined;
  }

  function resume(pending: HalfReceived<Message>, header: unknown, chunk: Uint8Array): Received<Message> | undefined {
    const { message, payload } = pending;
    const { offset } = checkHeader(continuationSchema, header);
    if (offset !== pending.received) {
      throw new ProtocolError('badMessage', `continuation at offset ${offset}: expected ${pending.received}`);
    }
    if (chunk.length === 0 || chunk.length > payload.length - offset) {
      const left = payload.length - offset;
      throw new ProtocolError('badMessage', `continuation of ${chunk.length} bytes: expected 1 to ${left}`);
    }
    payload.set(chunk, offset);
    pending.received += chunk.length;
    if (pending.received < payload.length) return undefined;
    partial = undefined;
    return { message, payload };
  }

  return {
    push(frame) {
      const { header, payload } = splitFrame(frame);
      const fields = unpackHeader(header);
      return partial === undefined ? start(fields, payload) : resume(partial, fields, payload);
    },
    isMidMessage: () => partial !== undefined,
  };
}

function checkMessage<Message extends { readonly type: string }>(
  rules: Rules<Message>,
  header: unknown,
): CheckedHeader<Message> {
  const type = typeOf(header);
  if (typeof type !== 'string' || !isTypeOf(rules, type)) {
    throw new ProtocolError('badMessage', `message of type ${describeType(header)}: not one that may come now`);
  }
  if (type === 'hello') checkProtocolVersion(header);
  const { payloadBytes, ...message } = checkHeader(rules[type].schema, header);
  // The schemas are typed as their messages; TypeScript cannot follow that through a rest pattern over a union.
  return { message: message as unknown as Message, payloadBytes };
}

function isTypeOf<Message extends { readonly type: string }>(
  rules: Rules<Message>,
  type: string,
): type is Message['type'] {
  return Object.hasOwn(rules, type);
}

function checkPayload(type: string, kind: PayloadKind, bytes: number, maximum: number): void {
  if (bytes > maximum) {
    throw new ProtocolError('messageTooLarge', `message "${type}" with ${bytes} bytes of payload: at most ${maximum}`);
  }
  const expected = expectedPayload(kind, bytes);
  if (expected !== undefined) {
    throw new ProtocolError('badMessage', `message "${type}" with ${bytes} bytes of payload: expected ${expected}`);
  }
}

/** What was expected instead, in words, if that many bytes are wrong. */
function expectedPayload(kind: PayloadKind, bytes: number): string | undefined {
  switch (kind) {
    case 'none':
      return bytes === 0 ? undefined : 'none';
    case 'bytes':
      return bytes > 0 ? undefined : 'some';
    case 'floats':
      return bytes > 0 && bytes % 4 === 0 ? undefined : 'a positive multiple of 4';
    case 'optional floats':
      return bytes % 4 === 0 ? undefined : 'a multiple of 4';
    default:
      return kind satisfies never;
  }
}

/** The place that the receiver wants, if it wants one. */
function destination<Message extends { readonly type: string }>(
  message: Message,
  payloadBytes: number,
  { place }: DecoderOptions<Message>,
): Uint8Array | undefined {
  const target = place?.(message, payloadBytes);
  if (target !== undefined && target.length !== payloadBytes) {
    throw new Error(`place() gave ${target.length} bytes for the ${payloadBytes} of message "${message.type}"`);
  }
  return target;
}

/** A single frame's payload where it is to be: placed, or left in the frame if it is aligned there, or copied. */
function settle<Message extends { readonly type: string }>(
  message: Message,
  payload: Uint8Array,
  options: DecoderOptions<Message>,
): Uint8Array {
  if (payload.length === 0) return payload;
  const target = destination(message, payload.length, options);
  if (target === undefined) return payload.byteOffset % payloadAlignment === 0 ? payload : payload.slice();
  target.set(payload);
  return target;
}
