// Philox4x32-10, the twin of shared/random/philox.ts. Salmon, Moraes, Dror, Shaw, SC'11, section 3.3.

/** The four words of the last block drawn. */
export const block: usize = memory.data(16, 16);

/** Draws the block of a counter (c0 to c3) under a key. */
export function philox(keyLow: u32, keyHigh: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>0xd2511f53 * <u64>c0;
    const product1 = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ keyLow;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ keyHigh;
    c3 = <u32>product0;
    keyLow += 0x9e3779b9;
    keyHigh += 0xbb67ae85;
  }
  store<u32>(block, c0);
  store<u32>(block, c1, 4);
  store<u32>(block, c2, 8);
  store<u32>(block, c3, 12);
}
