// A binary as what it differs in from another one: `shared/kernels/binary_delta.mjs` writes it.
//
// A delta alternates between bytes of its own and copies from the base, and ends with bytes of its own: their number, the
// bytes; then, where there is more, how far behind the last byte copied or passed the copy starts (zigzag: 0, −1, 1, −2, …),
// and its length. Bytes of its own pass as many of the base's. Numbers are LEB128.

/** The binary that a delta makes of its base. @throws {RangeError} if the delta is of another base. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  let next = 0;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = delta[at++] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const own = number();
    parts.push(delta.subarray(at, at + own));
    at += own;
    next += own;
    if (at >= delta.length) break;
    const jump = number();
    next += jump % 2 === 0 ? jump / 2 : -(jump + 1) / 2;
    const length = number();
    if (next < 0 || next + length > base.length) throw new RangeError('the delta is of another binary');
    parts.push(base.subarray(next, next + length));
    next += length;
  }
  const binary = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    binary.set(part, end);
    end += part.length;
  }
  return binary;
}
