// What a message must be like before it is believed: its header, by its type's schema, and how much payload it may have.

import { ProtocolError } from './close_codes.ts';
import { maximumFrames } from './limits.ts';
import {
  checkHeader,
  checkProtocolVersion,
  continuationSchema,
  describeType,
  type PayloadKind,
  type Rules,
  typeOf,
} from './schemas.ts';

export interface CheckedHeader<Message> {
  readonly message: Message;
  /** Bytes of the whole payload, if continuation frames follow. */
  readonly payloadBytes: number | undefined;
}

/** @throws {ProtocolError} if the header is not that of a message which may come in this direction. */
export function checkMessage<Message extends { readonly type: string }>(
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

/** @throws {ProtocolError} if a message of the type may not have so many bytes of payload. */
export function checkPayload(type: string, kind: PayloadKind, bytes: number, maximum: number): void {
  if (bytes > maximum) {
    throw new ProtocolError('messageTooLarge', `message "${type}" with ${bytes} bytes of payload: at most ${maximum}`);
  }
  const expected = expectedPayload(kind, bytes);
  if (expected !== undefined) {
    throw new ProtocolError('badMessage', `message "${type}" with ${bytes} bytes of payload: expected ${expected}`);
  }
}

/** @throws {ProtocolError} if a message whose payload goes on has all of it in its first frame. */
export function checkFirstChunk(type: string, bytes: number, payloadBytes: number): void {
  if (payloadBytes > bytes) return;
  throw new ProtocolError(
    'badMessage',
    `message "${type}", field payloadBytes: ${payloadBytes}, but its first frame alone has ${bytes}`,
  );
}

/** How far a large message has come. */
export interface Progress {
  readonly payloadBytes: number;
  readonly received: number;
  readonly frames: number;
}

/** @throws {ProtocolError} unless a frame with this header and so many bytes of payload continues the message. */
export function checkContinuation(header: unknown, bytes: number, { payloadBytes, received, frames }: Progress): void {
  const { offset } = checkHeader(continuationSchema, header);
  if (offset !== received) {
    throw new ProtocolError('badMessage', `continuation at offset ${offset}: expected ${received}`);
  }
  const left = payloadBytes - offset;
  if (bytes === 0 || bytes > left) {
    throw new ProtocolError('badMessage', `continuation of ${bytes} bytes: expected 1 to ${left}`);
  }
  const most = maximumFrames(payloadBytes);
  if (frames >= most) {
    throw new ProtocolError('badMessage', `message of ${payloadBytes} bytes in more than ${most} frames`);
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
