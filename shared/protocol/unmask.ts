// Takes the mask off the payload of a WebSocket frame (RFC 6455, section 5.3), four bytes at a time: browsers mask all that
// they send.

/** Bytes of a masking key. */
export const maskBytes = 4;

/**
 * Unmasks part of a payload in place.
 * @param key the frame's 4 bytes
 * @param position bytes of the payload before this part
 */
export function unmask(bytes: Uint8Array, key: Uint8Array, position: number): void {
  const unaligned = -bytes.byteOffset & (maskBytes - 1);
  const wordCount = Math.max(0, Math.floor((bytes.length - unaligned) / maskBytes));
  const wordsStart = wordCount === 0 ? 0 : unaligned;
  const wordsEnd = wordsStart + maskBytes * wordCount;
  unmaskBytes(bytes, 0, wordsStart, key, position);
  if (wordCount > 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + wordsStart, wordCount);
    // The bytes of the key as they lie over each word, whatever order this machine has them in.
    const rotated = Uint8Array.from(key, (_, index) => keyAt(key, position + wordsStart + index));
    const [mask = 0] = new Uint32Array(rotated.buffer);
    for (let index = 0; index < wordCount; index++) words[index] = (words[index] ?? 0) ^ mask;
  }
  unmaskBytes(bytes, wordsEnd, bytes.length, key, position);
}

function unmaskBytes(bytes: Uint8Array, start: number, end: number, key: Uint8Array, position: number): void {
  for (let index = start; index < end; index++) bytes[index] = (bytes[index] ?? 0) ^ keyAt(key, position + index);
}

function keyAt(key: Uint8Array, position: number): number {
  return key[position % maskBytes] ?? 0;
}
