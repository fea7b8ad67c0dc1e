// The layout of one binary WebSocket frame: header length, checksum of the header, checksum of the payload (u32 each,
// little-endian), header, zeros up to a multiple of 8, payload. What the header says is not this file's business.
//
// The header has a checksum of its own because it is acted on before the payload has come.

import type { Checksum } from './checksum.ts';
import { ProtocolError } from './close_codes.ts';
import { maximumChunkBytes, maximumHeaderBytes, prefixBytes, roundUp } from './limits.ts';

/** What stands in front of a payload, its lengths, header and checksum found to be right. */
export interface FrameBeginning {
  /** A view of the frame. */
  readonly header: Uint8Array;
  readonly payloadOffset: number;
  readonly payloadCheck: PayloadCheck;
}

/** What the payload of a frame must prove to be. */
export interface PayloadCheck {
  readonly seed: number;
  readonly checksum: number;
}

/** Bytes of a frame, in front of its payload. */
export function payloadOffset(headerBytes: number): number {
  return roundUp(prefixBytes + headerBytes);
}

/**
 * Writes a whole frame to `target`, which is exactly as long as it and may hold anything: the payload's one copy. The
 * payload's checksum is taken where the payload stands.
 */
export function writeFrame(target: Uint8Array, header: Uint8Array, payload: Uint8Array, checksum: Checksum): void {
  const payloadStart = payloadOffset(header.length);
  target.set(header, prefixBytes);
  target.fill(0, prefixBytes + header.length, payloadStart);
  const headerChecksum = checksum(view(target, prefixBytes, payloadStart), header.length);
  writeU32(target, 0, header.length);
  writeU32(target, 4, headerChecksum);
  writeU32(target, 8, checksum(payload, headerChecksum));
  target.set(payload, payloadStart);
}

/** The payload of a frame of one's own, as a view. */
export function payloadOf(frame: Uint8Array): Uint8Array {
  return view(frame, payloadOffset(readU32(frame, 0)), frame.length);
}

/**
 * Reads the beginning of a frame of `frameBytes` bytes from `bytes`, or nothing if these do not reach to its payload.
 * @throws {ProtocolError} if it is not laid out as a frame, or not as it was sent.
 */
export function readBeginning(bytes: Uint8Array, frameBytes: number, checksum: Checksum): FrameBeginning | undefined {
  if (frameBytes < prefixBytes) {
    throw new ProtocolError('badMessage', `frame of ${frameBytes} bytes: too short for what precedes a header`);
  }
  if (bytes.length < 4) return undefined;
  const headerBytes = readU32(bytes, 0);
  checkLengths(headerBytes, frameBytes);
  const headerEnd = prefixBytes + headerBytes;
  const payloadStart = payloadOffset(headerBytes);
  if (bytes.length < payloadStart) return undefined;
  const seed = readU32(bytes, 4);
  if (checksum(view(bytes, prefixBytes, payloadStart), headerBytes) !== seed) throw corrupted('header');
  for (let position = headerEnd; position < payloadStart; position++) {
    if (bytes[position] !== 0) throw new ProtocolError('badMessage', `padding byte ${position} of the frame is not 0`);
  }
  return {
    header: view(bytes, prefixBytes, headerEnd),
    payloadOffset: payloadStart,
    payloadCheck: { seed, checksum: readU32(bytes, 8) },
  };
}

/** @throws {ProtocolError} if the payload of a frame is not as it was sent. */
export function verifyPayload(payload: Uint8Array, check: PayloadCheck, checksum: Checksum): void {
  if (checksum(payload, check.seed) !== check.checksum) throw corrupted('payload');
}

function corrupted(part: 'header' | 'payload'): ProtocolError {
  return new ProtocolError('corrupted', `frame with a wrong checksum of its ${part}: bytes were changed on the way`);
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

function writeU32(bytes: Uint8Array, position: number, value: number): void {
  for (let index = 0; index < 4; index++) bytes[position + index] = (value >>> (8 * index)) & 0xff;
}

function readU32(bytes: Uint8Array, position: number): number {
  let value = 0;
  for (let index = 0; index < 4; index++) value |= (bytes[position + index] ?? 0) << (8 * index);
  return value >>> 0;
}
