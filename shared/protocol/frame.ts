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
  const [byte0, byte1, byte2, byte3] = frame;
  if (byte0 === undefined || byte1 === undefined || byte2 === undefined || byte3 === undefined) {
    throw new ProtocolError('badMessage', `frame of ${frame.length} bytes: too short for the header's length`);
  }
  const headerBytes = (byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24)) >>> 0;
  if (headerBytes === 0 || headerBytes > maximumHeaderBytes) {
    throw new ProtocolError('badMessage', `header of ${headerBytes} bytes: expected 1 to ${maximumHeaderBytes}`);
  }
  const headerEnd = headerLengthBytes + headerBytes;
  const payloadStart = payloadOffset(headerBytes);
  if (frame.length < payloadStart) {
    throw new ProtocolError('badMessage', `frame of ${frame.length} bytes ends before its payload at ${payloadStart}`);
  }
  if (frame.length - payloadStart > maximumChunkBytes) {
    throw new ProtocolError(
      'messageTooLarge',
      `frame with ${frame.length - payloadStart} bytes of payload: at most ${maximumChunkBytes}`,
    );
  }
  for (let position = headerEnd; position < payloadStart; position++) {
    if (frame[position] !== 0) throw new ProtocolError('badMessage', `padding byte ${position} of the frame is not 0`);
  }
  return { header: view(frame, headerLengthBytes, headerEnd), payload: view(frame, payloadStart, frame.length) };
}

/** A plain Uint8Array over part of `bytes`, whatever subclass that is. */
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
