// Walks the MessagePack bytes of a header before a library sees them, and refuses what can cost more than it weighs:
// extensions, deep nesting, trailing bytes, lengths beyond the end. Linear in the header.
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md

import { ProtocolError } from './close_codes.ts';
import { maximumHeaderDepth, maximumHeaderItems } from './limits.ts';

interface Scan {
  readonly bytes: Uint8Array;
  position: number;
  items: number;
}

/** @throws {ProtocolError} unless `bytes` is exactly one map of nil, booleans, numbers, strings, arrays and maps. */
export function scanHeader(bytes: Uint8Array): void {
  const first = bytes[0];
  if (first === undefined || !isMap(first)) throw new ProtocolError('badMessage', 'header is not a map');
  const scan: Scan = { bytes, position: 0, items: 0 };
  scanValue(scan, 0);
  const trailing = bytes.length - scan.position;
  if (trailing > 0) throw new ProtocolError('badMessage', `header has ${trailing} bytes behind its end`);
}

function scanValue(scan: Scan, depth: number): void {
  const token = nextItem(scan);
  if (isString(token)) skip(scan, stringLength(scan, token));
  else if (isMap(token)) scanMap(scan, containerLength(scan, token), depth);
  else if (isArray(token)) scanArray(scan, containerLength(scan, token), depth);
  else skip(scan, scalarBytes(token));
}

function scanMap(scan: Scan, length: number, depth: number): void {
  enter(scan, 2 * length, depth);
  for (let index = 0; index < length; index++) {
    const key = nextItem(scan);
    if (!isString(key)) throw new ProtocolError('badMessage', 'header has a map key that is not a string');
    skip(scan, stringLength(scan, key));
    scanValue(scan, depth + 1);
  }
}

function scanArray(scan: Scan, length: number, depth: number): void {
  enter(scan, length, depth);
  for (let index = 0; index < length; index++) scanValue(scan, depth + 1);
}

/** Refuses a container before its members are walked. */
function enter(scan: Scan, members: number, depth: number): void {
  if (depth >= maximumHeaderDepth) {
    throw new ProtocolError('badMessage', `header nests more than ${maximumHeaderDepth} deep`);
  }
  if (scan.items + members > maximumHeaderItems) {
    throw new ProtocolError('badMessage', `header has more than ${maximumHeaderItems} values and keys`);
  }
}

/** The first byte of the next value or key. `enter` has already bounded how many there are. */
function nextItem(scan: Scan): number {
  scan.items += 1;
  return nextByte(scan);
}

function nextByte(scan: Scan): number {
  const byte = scan.bytes[scan.position];
  if (byte === undefined) throw new ProtocolError('badMessage', 'header ends inside a value');
  scan.position += 1;
  return byte;
}

function skip(scan: Scan, bytes: number): void {
  if (bytes > scan.bytes.length - scan.position) {
    throw new ProtocolError('badMessage', 'header ends inside a value');
  }
  scan.position += bytes;
}

/** Reads a big-endian length. */
function readLength(scan: Scan, bytes: 1 | 2 | 4): number {
  let length = 0;
  for (let index = 0; index < bytes; index++) length = length * 256 + nextByte(scan);
  return length;
}

function isString(token: number): boolean {
  return (token >= 0xa0 && token <= 0xbf) || (token >= 0xd9 && token <= 0xdb);
}

function isArray(token: number): boolean {
  return (token >= 0x90 && token <= 0x9f) || token === 0xdc || token === 0xdd;
}

function isMap(token: number): boolean {
  return (token >= 0x80 && token <= 0x8f) || token === 0xde || token === 0xdf;
}

function stringLength(scan: Scan, token: number): number {
  if (token <= 0xbf) return token & 0x1f;
  if (token === 0xd9) return readLength(scan, 1);
  return readLength(scan, token === 0xda ? 2 : 4);
}

/** Members of an array, pairs of a map. */
function containerLength(scan: Scan, token: number): number {
  if (token <= 0x9f) return token & 0x0f;
  return readLength(scan, token === 0xdc || token === 0xde ? 2 : 4);
}

/** Bytes behind the first one of nil, a boolean or a number. */
function scalarBytes(token: number): number {
  if (token < 0x80 || token >= 0xe0) return 0; // a small integer
  switch (token) {
    case 0xc0: // nil, false, true
    case 0xc2:
    case 0xc3:
      return 0;
    case 0xcc: // unsigned integers
      return 1;
    case 0xcd:
      return 2;
    case 0xce:
      return 4;
    case 0xcf:
      return 8;
    case 0xd0: // signed integers
      return 1;
    case 0xd1:
      return 2;
    case 0xd2:
      return 4;
    case 0xd3:
      return 8;
    case 0xca: // floats
      return 4;
    case 0xcb:
      return 8;
    default: // 0xc1, binary, extensions
      throw new ProtocolError('badMessage', `header byte 0x${token.toString(16)} is not allowed`);
  }
}
