import { describe, expect, it } from 'vitest';
import { operationsOf } from '../../../shared/engine/arithmetic.ts';
import { type Kernels, kernelNames } from '../../../shared/engine/generated/kernels.ts';

/** Arguments that stand for pointers. */
const pointers = (count: number) => Array<number>(count).fill(0);

describe('operations of a kernel call', () => {
  it.each<[keyof Kernels, readonly number[], number]>([
    ['matmul', [...pointers(3), 100, 20, 30, 0, 0], 2 * 100 * 20 * 30],
    ['matmulTransposed', [...pointers(3), 100, 20, 30, 0], 2 * 100 * 20 * 30],
    // 5 images of 3 channels, windows of 2x3 to 6x7 pixels of 8 filters.
    ['conv2d', [...pointers(4), 0, 5, 7, 9, 3, 2, 3, 6, 7, 8, 1, 1], 2 * 5 * 3 * 2 * 3 * 6 * 7 * 8],
    ['conv2dFilterGradient', [...pointers(4), 5, 7, 9, 3, 2, 3, 6, 7, 8, 1, 1], 2 * 5 * 3 * 2 * 3 * 6 * 7 * 8],
    // 5 images of 3 channels, windows of 2x3 to 6x7.
    ['depthwiseConv2d', [...pointers(4), 0, 5, 7, 9, 3, 2, 3, 6, 7, 1, 1], 2 * 5 * 3 * 2 * 3 * 6 * 7],
    ['depthwiseFilterGradient', [...pointers(3), 5, 7, 9, 3, 2, 3, 6, 7, 1, 1], 2 * 5 * 3 * 2 * 3 * 6 * 7],
    // 5 images of 3 channels, windows of 4x2 to 6x7.
    ['maxPool', [...pointers(3), 5, 20, 20, 3, 4, 2, 1, 1, 0, 0, 6, 7], 5 * 3 * 4 * 2 * 6 * 7],
    ['averagePool', [...pointers(2), 5, 20, 20, 3, 4, 2, 1, 1, 0, 0, 6, 7], 5 * 3 * 4 * 2 * 6 * 7],
    ['averagePoolGradient', [...pointers(2), 5, 20, 20, 3, 4, 2, 1, 1, 0, 0, 6, 7], 5 * 3 * 4 * 2 * 6 * 7],
  ])('of %s are those of its loops', (kernel, given, expected) => {
    expect(operationsOf(kernel, given, 0)).toBe(expected);
  });

  it('of every kernel grow with the buffers that it touches', () => {
    for (const kernel of kernelNames) {
      const none = Array<number>(17).fill(0);
      expect(operationsOf(kernel, none, 4000), kernel).toBeGreaterThanOrEqual(1000);
    }
  });
});
