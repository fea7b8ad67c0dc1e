// How heads come into attention's scratch space and leave it: there a head is a matrix of its own, its rows padded with
// zeros to a multiple of eight elements; outside, heads stand side by side in the rows of a tensor.

/**
 * to = from * factor for the rows of one head. With a table of rotary positions, element i and element i + size / 2 of each
 * row are turned by their angle, or back by it (`direction` 1 or −1); then times factor.
 */
export function moveHead(
  to: usize, toStride: usize, from: usize, fromStride: usize, positions: i32, size: i32, factor: f32, table: usize,
  direction: f32,
): void {
  for (let position = 0; position < positions; position++, to += toStride, from += fromStride) {
    if (table == 0) {
      scaleRow(to, from, size, factor);
    } else {
      turnRow(to, from, size, factor, table, direction);
      table += <usize>size << 2;
    }
  }
}

function scaleRow(to: usize, from: usize, size: i32, factor: f32): void {
  const end = from + (<usize>size << 2);
  const factors = f32x4.splat(factor);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, f32x4.mul(v128.load(from), factors));
  for (; from < end; from += 4, to += 4) store<f32>(to, load<f32>(from) * factor);
}

function turnRow(to: usize, from: usize, size: i32, factor: f32, table: usize, direction: f32): void {
  const half = <usize>size << 1;
  for (let at: usize = 0; at < half; at += 4) {
    const cosine = load<f32>(table + at);
    const sine = direction * load<f32>(table + half + at);
    const x = load<f32>(from + at);
    const y = load<f32>(from + half + at);
    store<f32>(to + at, (x * cosine - y * sine) * factor);
    store<f32>(to + half + at, (y * cosine + x * sine) * factor);
  }
}
