// The layout of one binary WebSocket frame: header length (u32, little-endian), header, zeros up to a multiple of 8,
// payload. What the header says is not this file's business.

import { ProtocolError } from './close_codes.ts';
import { headerLengthBytes, maximumChunkBytes, maximumHeaderBytes, roundUp } from './limits.ts';

/** Both parts are views of the frame. */
export interface Frame {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** Bytes of a frame, in front of its payload. */
export function payloadOffset(headerBytes: number): number {
  return roundUp(headerLengthBytes + headerBytes);
}

/** Writes a whole frame to `target`, which is exactly as long as it and may hold anything: the payload's one copy. */
export function writeFrame(target: Uint8Array, header: Uint8Array, payload: Uint8Array): void {
  const length = header.length;
  const payloadStart = payloadOffset(length);
  target[0] = length & 0xff;
  target[1] = length >>> 8;
  target[2] = 0;
  target[3] = 0;
  target.set(header, headerLengthBytes);
  target.fill(0, headerLengthBytes + length, payloadStart);
  target.set(payload, payloadStart);
}

/** Splits a received frame. @throws {ProtocolError} if it is not laid out as a frame. */
export function splitFrame(frame: Uint8Array): Frame {
  const header = frameHeader(frame, frame.length);
  if (header === undefined) throw new Error('a whole frame has its header');
  return { header, payload: view(frame, payloadOffset(header.length), frame.length) };
}

/**
 * The header of a frame of `frameBytes` bytes that begins with `bytes`, or undefined if these do not reach to its payload.
 * @throws {ProtocolError} if it is not laid out as a frame.
 */
export function frameHeader(bytes: Uint8Array, frameBytes: number): Uint8Array | undefined {
  if (frameBytes < headerLengthBytes) {
    throw new ProtocolError('badMessage', `frame of ${frameBytes} bytes: too short for the header's length`);
  }
  const [byte0, byte1, byte2, byte3] = bytes;
  if (byte0 === undefined || byte1 === undefined || byte2 === undefined || byte3 === undefined) return undefined;
  const headerBytes = (byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24)) >>> 0;
  checkLengths(headerBytes, frameBytes);
  const headerEnd = headerLengthBytes + headerBytes;
  const payloadStart = payloadOffset(headerBytes);
  if (bytes.length < payloadStart) return undefined;
  for (let position = headerEnd; position < payloadStart; position++) {
    if (bytes[position] !== 0) throw new ProtocolError('badMessage', `padding byte ${position} of the frame is not 0`);
  }
  return view(bytes, headerLengthBytes, headerEnd);
}

function checkLengths(headerBytes: number, frameBytes: number): void {
  if (headerBytes === 0 || headerBytes > maximumHeaderBytes) {
    throw new ProtocolError('badMessage', `header of ${headerBytes} bytes: expected 1 to ${maximumHeaderBytes}`);
  }
  const payloadStart = payloadOffset(headerBytes);
  if (frameBytes < payloadStart) {
    throw new ProtocolError('badMessage', `frame of ${frameBytes} bytes ends before its payload at ${payloadStart}`);
  }
  if (frameBytes - payloadStart > maximumChunkBytes) {
    throw new ProtocolError(
      'messageTooLarge',
      `frame with ${frameBytes - payloadStart} bytes of payload: at most ${maximumChunkBytes}`,
    );
  }
}

/** A plain Uint8Array over part of `bytes`, whatever subclass that is. */
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
