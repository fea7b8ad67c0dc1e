// TensorBoard's event files, as far as curves need them: records of TensorFlow's TFRecord format
// (https://www.tensorflow.org/tutorials/load_data/tfrecord: length, masked CRC-32C of the length, data, masked CRC-32C of
// the data), each the Protocol Buffers encoding of an `Event` (tensorflow/core/util/event.proto). Pure.

/** What TensorBoard is told of a moment. */
export type EventContent =
  /** The first event of a file. */
  | { readonly type: 'version' }
  /** A run goes on: what was told of this step and later ones is told again. */
  | { readonly type: 'start' }
  /** Values of curves, by their tags. */
  | { readonly type: 'scalars'; readonly values: readonly (readonly [tag: string, value: number])[] };

export interface Event {
  /** Seconds since 1970. */
  readonly time: number;
  readonly step: number;
  readonly content: EventContent;
}

const version = 'brain.Event:2';

/** Fields of `Event`, `SessionLog`, `Summary` and `Summary.Value`, by their numbers. */
const fields = { time: 1, step: 2, version: 3, summary: 5, session: 7, status: 1, value: 1, tag: 1, simpleValue: 2 };

const sessionStart = 1;

/** An event as a record of the file. */
export function encodeEvent({ time, step, content }: Event): Buffer {
  return encodeRecord(Buffer.concat([double(fields.time, time), varintField(fields.step, step), contentOf(content)]));
}

function contentOf(content: EventContent): Buffer {
  switch (content.type) {
    case 'version':
      return bytesField(fields.version, Buffer.from(version));
    case 'start':
      return bytesField(fields.session, varintField(fields.status, sessionStart));
    case 'scalars': {
      const values = content.values.map(([tag, value]) => bytesField(fields.value, scalar(tag, value)));
      return bytesField(fields.summary, Buffer.concat(values));
    }
    default:
      return content satisfies never;
  }
}

function scalar(tag: string, value: number): Buffer {
  return Buffer.concat([bytesField(fields.tag, Buffer.from(tag)), float(fields.simpleValue, value)]);
}

function encodeRecord(data: Buffer): Buffer {
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  data.copy(record, 12);
  record.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return record;
}

// Protocol Buffers: a field is its number and wire type in a varint, then its value.

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

function key(field: number, type: keyof typeof wireTypes): Buffer {
  return varint(field * 8 + wireTypes[type]);
}

/** Seven bits a byte, the lowest first. @param value at most 2^53 */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, 'varint'), varint(value)]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([key(field, 'bytes'), varint(bytes.length), bytes]);
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 'fixed64'), bytes]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 'fixed32'), bytes]);
}

/** CRC-32C (Castagnoli), reflected. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  return remainder;
});

/** Masked as TFRecord asks, lest a checksum of what holds checksums mean nothing. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
