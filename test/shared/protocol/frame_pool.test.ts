import { describe, expect, it } from 'vitest';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import { FramePool } from '../../../shared/protocol/frame_pool.ts';

const payload = (bytes: number) => new Uint8Array(bytes).fill(1);
const encode = (pool: FramePool, bytes: number) =>
  encodeToWorker({ type: 'parameters', step: 1 }, payload(bytes), pool);

function countingPool() {
  const sizes: number[] = [];
  const pool = new FramePool((bytes) => {
    sizes.push(bytes);
    return new Uint8Array(bytes);
  });
  return { pool, sizes };
}

describe('FramePool', () => {
  it('uses the memory of frames again once they are released, whole messages of several frames too', () => {
    const { pool, sizes } = countingPool();
    for (let message = 0; message < 10; message++) {
      const frames = encode(pool, 600_000);
      expect(frames).toHaveLength(5);
      pool.release(frames);
    }
    expect(sizes).toHaveLength(1);
  });

  it('never gives memory out that is still in use', () => {
    const { pool } = countingPool();
    const [one, two] = [encode(pool, 50_000), encode(pool, 50_000)];
    expect(one[0]?.buffer).not.toBe(two[0]?.buffer);
  });

  it('leaves memory alone that is far too large, and forgets all but a few', () => {
    const { pool, sizes } = countingPool();
    pool.release(encode(pool, 900_000));
    encode(pool, 50_000);
    expect(sizes).toHaveLength(2);
    const many = Array.from({ length: 20 }, () => encode(pool, 50_000));
    for (const frames of many) pool.release(frames);
    const before = sizes.length;
    for (let message = 0; message < 20; message++) encode(pool, 50_000);
    expect(sizes.length - before).toBeGreaterThanOrEqual(16);
  });

  it('refuses frames that were released already', () => {
    const { pool } = countingPool();
    const frames = encode(pool, 50_000);
    pool.release(frames);
    expect(() => pool.release(frames)).toThrow(/released twice/);
  });
});
