// The wire format of Protocol Buffers, read: a message as its fields. Nothing is copied; malformed bytes are refused.

import { InputError } from '../errors.ts';

/** A field as it stands in the message: a number, or the bytes of a text, a message or a packed list. */
export interface ProtobufField {
  readonly number: number;
  /** Of a varint or a fixed field; signed. */
  readonly integer: bigint;
  /** Of a field with a length, and the four or eight of a fixed one. */
  readonly bytes: Uint8Array;
  readonly wireType: number;
}

const nothing = new Uint8Array();

/** The fields of a message in their order. @throws {InputError} if it is cut off or has a field of no known form. */
export function* readFields(message: Uint8Array): Iterable<ProtobufField> {
  let at = 0;
  const varint = () => {
    const { value, end } = readVarint(message, at);
    at = end;
    return value;
  };
  const take = (length: number) => {
    if (length > message.length - at) throw new InputError('protobuf: a field is cut off');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(BigInt.asUintN(32, varint()));
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    if (wireType === 0) yield { number, wireType, integer: varint(), bytes: nothing };
    else if (wireType === 1) yield { number, wireType, integer: 0n, bytes: take(8) };
    else if (wireType === 2) yield { number, wireType, integer: 0n, bytes: take(lengthOf(varint())) };
    else if (wireType === 5) yield { number, wireType, integer: 0n, bytes: take(4) };
    else throw new InputError(`protobuf: a field of wire type ${wireType}, which there is not`);
  }
}

function lengthOf(value: bigint): number {
  if (value < 0n || value > 2n ** 32n) throw new InputError(`protobuf: a field of ${value} bytes`);
  return Number(value);
}

function readVarint(message: Uint8Array, from: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = message[from + index];
    if (byte === undefined) throw new InputError('protobuf: a number is cut off');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), end: from + index + 1 };
  }
  throw new InputError('protobuf: a number of more than ten bytes');
}

/** The numbers of a repeated integer field: one, or a packed list of them. */
export function integersOf({ wireType, integer, bytes }: ProtobufField): readonly bigint[] {
  if (wireType === 0) return [integer];
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = readVarint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

/** The numbers of a repeated float field: one, or a packed list of them. @throws {InputError} if one is cut off. */
export function floatsOf({ bytes }: ProtobufField): readonly number[] {
  if (bytes.length % 4 !== 0) throw new InputError('protobuf: a list of floats is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

export function textOf({ bytes }: ProtobufField): string {
  return new TextDecoder().decode(bytes);
}
