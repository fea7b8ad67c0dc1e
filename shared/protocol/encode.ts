// Messages to frames. The frames own their bytes, so one encoding of the parameters can be sent to every socket.

import { type Checksum, checksumOfCopies } from './checksum.ts';
import { payloadOffset, writeFrame } from './frame.ts';
import { packHeader } from './header_codec.ts';
import { usualChunkBytes } from './limits.ts';
import type { ToCoordinator, ToWorker } from './messages.ts';
import { plainText } from './plain_text.ts';

const nothing = new Uint8Array(0);

/** Gives memory of that many bytes, 8-byte aligned, holding anything. */
export type Allocate = (bytes: number) => Uint8Array;

/** JavaScript's own, which clears the memory first; Node's `Buffer.allocUnsafeSlow` spares that. */
const allocateCleared: Allocate = (bytes) => new Uint8Array(bytes);

export interface EncodeOptions {
  readonly allocate?: Allocate;
  /** Had better know the memory that the payload lives in. */
  readonly checksum?: Checksum | undefined;
  /** Payload bytes of a frame, a multiple of 8; what is longer travels in chunks. Absent: `usualChunkBytes`. */
  readonly chunkBytes?: number | undefined;
}

/**
 * Encodes a message for workers: frames to be sent one after the other, with no other frame in between. The payload is
 * copied once; the caller may change it as soon as this returns.
 * @throws {InputError} if the header does not fit a frame.
 */
export function encodeToWorker(
  message: ToWorker,
  payload: Uint8Array = nothing,
  options: EncodeOptions = {},
): readonly Uint8Array[] {
  return encode({ ...message }, payload, options);
}

/** Encodes a message for the coordinator; as `encodeToWorker`. */
export function encodeToCoordinator(
  message: ToCoordinator,
  payload: Uint8Array = nothing,
  options: EncodeOptions = {},
): readonly Uint8Array[] {
  return encode({ ...message }, payload, options);
}

function encode(
  message: Readonly<Record<string, unknown>>,
  payload: Uint8Array,
  { allocate = allocateCleared, checksum = checksumOfCopies, chunkBytes = usualChunkBytes }: EncodeOptions,
): readonly Uint8Array[] {
  return layOut(split(withPlainReason(message), payload, chunkBytes), allocate, checksum);
}

/** A reason may quote a stranger: neither its length nor its characters may become the receiver's trouble, or ours. */
function withPlainReason(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { reason } = message;
  return typeof reason === 'string' ? { ...message, reason: plainText(reason) } : message;
}

interface Part {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

function split(message: Readonly<Record<string, unknown>>, payload: Uint8Array, chunkBytes: number): readonly Part[] {
  if (payload.length <= chunkBytes) return [{ header: packHeader(message), payload }];
  const parts: Part[] = [];
  for (let offset = 0; offset < payload.length; offset += chunkBytes) {
    const fields = offset === 0 ? { ...message, payloadBytes: payload.length } : { type: 'continuation', offset };
    parts.push({ header: packHeader(fields), payload: payload.subarray(offset, offset + chunkBytes) });
  }
  return parts;
}

/** Lays the frames out in one allocation; each begins at a multiple of 8, as all chunks but the last are full. */
function layOut(parts: readonly Part[], allocate: Allocate, checksum: Checksum): readonly Uint8Array[] {
  let bytes = 0;
  for (const { header, payload } of parts) bytes += payloadOffset(header.length) + payload.length;
  const memory = allocate(bytes);
  let start = 0;
  return parts.map(({ header, payload }) => {
    const frame = memory.subarray(start, start + payloadOffset(header.length) + payload.length);
    writeFrame(frame, header, payload, checksum);
    start += frame.length;
    return frame;
  });
}
