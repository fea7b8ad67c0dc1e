// The wire format of Protocol Buffers, as much of it as ONNX needs. https://protobuf.dev/programming-guides/encoding/

const wireTypes = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** One message: its fields are written in the order of the calls. Fields that are left out have their default. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** An int64, int32 or enum field. */
  integer(field: number, value: number | bigint): void {
    this.#tag(field, wireTypes.varint);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): void {
    this.#tag(field, wireTypes.fixed32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#append(bytes);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, wireTypes.bytes);
    this.#varint(BigInt(value.length));
    this.#append(value);
  }

  text(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  /** A field that is a message; `write` writes it. */
  message(field: number, write: (message: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#tag(field, wireTypes.bytes);
    this.#varint(BigInt(inner.#length));
    for (const chunk of inner.#chunks) this.#append(chunk);
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      message.set(chunk, at);
      at += chunk.length;
    }
    return message;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt(field * 8 + wireType));
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#append(Uint8Array.from(bytes));
  }

  #append(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}
