// Reads event files as TensorBoard does: a decoder of TFRecord and of the few fields of `Event`, written from their
// specifications, apart from the encoder.

export interface DecodedEvent {
  readonly time: number;
  readonly step: number;
  readonly version?: string;
  readonly isStart?: true;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** CRC-32C, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const isOne = ((crc ^ (byte >>> bit)) & 1) === 1;
      crc = isOne ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** @throws {Error} if a record is not whole, or a checksum is wrong. */
export function decodeEvents(file: Uint8Array): readonly DecodedEvent[] {
  const bytes = Buffer.from(file);
  const events: DecodedEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    if (crcOf(bytes.subarray(at, at + 8)) !== unmasked(bytes.readUInt32LE(at + 8))) throw new Error('length');
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (crcOf(data) !== unmasked(bytes.readUInt32LE(at + 12 + length))) throw new Error('data');
    events.push(decodeEvent(data));
    at += 12 + length + 4;
  }
  return events;
}

/** Values of a message by the numbers of their fields, in order. */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, readonly (number | Buffer)[]> {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = take(1).readUInt8();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const readers: Readonly<Record<number, () => number | Buffer>> = {
    0: varint,
    1: () => take(8).readDoubleLE(),
    2: () => take(varint()),
    5: () => take(4).readFloatLE(),
  };
  while (at < bytes.length) {
    const key = varint();
    const value = readers[key % 8]?.();
    if (value === undefined) throw new Error(`wire type ${key % 8}`);
    fields.set(key >>> 3, [...(fields.get(key >>> 3) ?? []), value]);
  }
  return fields;
}

function decodeEvent(bytes: Buffer): DecodedEvent {
  const fields = fieldsOf(bytes);
  const [version] = fields.get(3) ?? [];
  const [summary] = fields.get(5) ?? [];
  const [session] = fields.get(7) ?? [];
  return {
    time: Number(fields.get(1)?.[0]),
    step: Number(fields.get(2)?.[0]),
    ...(version === undefined ? {} : { version: String(version) }),
    ...(summary instanceof Buffer ? { scalars: scalarsOf(summary) } : {}),
    ...(session instanceof Buffer && fieldsOf(session).get(1)?.[0] === 1 ? { isStart: true } : {}),
  };
}

function scalarsOf(summary: Buffer): Readonly<Record<string, number>> {
  const values = (fieldsOf(summary).get(1) ?? []).map((value) => fieldsOf(value as Buffer));
  return Object.fromEntries(values.map((value) => [String(value.get(1)?.[0]), Number(value.get(2)?.[0])]));
}
