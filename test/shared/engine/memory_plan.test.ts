import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BufferLifetime, planMemory } from '../../../shared/engine/memory_plan.ts';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 5000 }), first: fc.nat(40), length: fc.nat(15) })
    .map(({ bytes, first, length }): BufferLifetime => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

describe('planMemory', () => {
  it('never lets two buffers that live at once overlap', () => {
    fc.assert(
      fc.property(lifetimes, (buffers) => {
        const { offsets, totalBytes } = planMemory(buffers);
        buffers.forEach((one, index) => {
          const start = offsets[index] ?? Number.NaN;
          expect(start % 64).toBe(0);
          expect(start + one.bytes).toBeLessThanOrEqual(totalBytes);
          buffers.slice(0, index).forEach((other, otherIndex) => {
            const livesAtOnce = one.first <= other.last && other.first <= one.last;
            const otherStart = offsets[otherIndex] ?? Number.NaN;
            const overlaps = start < otherStart + other.bytes && otherStart < start + one.bytes;
            expect(livesAtOnce && overlaps).toBe(false);
          });
        });
      }),
    );
  });

  it('takes no more than the buffers together, and no less than those of any moment', () => {
    fc.assert(
      fc.property(lifetimes, (buffers) => {
        const aligned = buffers.map((buffer) => ({ ...buffer, bytes: 64 * Math.ceil(buffer.bytes / 64) }));
        const bytesAt = (moment: number) =>
          aligned.reduce((sum, { first, last, bytes }) => (first <= moment && moment <= last ? sum + bytes : sum), 0);
        const { totalBytes } = planMemory(buffers);
        expect(totalBytes).toBeLessThanOrEqual(aligned.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(totalBytes).toBeGreaterThanOrEqual(Math.max(0, ...aligned.map(({ first }) => bytesAt(first))));
      }),
    );
  });

  it('lets a chain of layers alternate between two places', () => {
    const chain = Array.from({ length: 10 }, (_, index) => ({ bytes: 640, first: index, last: index + 1 }));
    expect(planMemory(chain).totalBytes).toBe(2 * 640);
  });
});
