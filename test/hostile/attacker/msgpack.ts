// MessagePack by hand, so that headers can be what no encoder writes, in frames whose checksums are right.

import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { payloadOffset, writeFrame } from '../../../shared/protocol/frame.ts';

/** Bytes of a string that is no UTF-8, or is: 0xdb, four bytes of length where it has more than 65,535. */
export function rawString(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const head =
    length < 32
      ? [0xa0 | length]
      : length < 65_536
        ? [0xda, length >> 8, length & 0xff]
        : [0xdb, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), bytes]);
}

export const text = (value: string): Buffer => rawString(Buffer.from(value));

/** A string of so many bytes of 0xff, each of which becomes three when it is decoded and encoded again. */
export const invalidText = (bytes: number): Buffer => rawString(Buffer.alloc(bytes, 0xff));

export function float(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xcb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** A key and its value; bytes stand for themselves. */
export type Entry = readonly [string | Uint8Array, Uint8Array | string | number];

export function map(...entries: readonly Entry[]): Buffer {
  const { length } = entries;
  const head = length < 16 ? [0x80 | length] : [0xde, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), ...entries.flatMap((entry) => entry.map(encoded))]);
}

function encoded(value: string | number | Uint8Array): Uint8Array {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'number') return value;
  return Number.isInteger(value) && value >= 0 && value < 128 ? Uint8Array.of(value) : float(value);
}

/** A whole frame of the protocol with this header, its checksums right. */
export function protocolFrame(header: Uint8Array, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(payloadOffset(header.length) + payload.length);
  writeFrame(frame, header, payload, checksumOfCopies);
  return frame;
}
