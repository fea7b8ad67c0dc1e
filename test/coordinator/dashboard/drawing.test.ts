import { describe, expect, it } from 'vitest';
import { drawnImage } from '../../../coordinator/dashboard/drawing.ts';

/** A picture of which a rectangle is drawn on. */
function drawing(left: number, top: number, width: number, height: number) {
  const size = 280;
  const data = new Uint8ClampedArray(4 * size * size);
  for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) data[4 * (y * size + x) + 3] = 255;
  return { width: size, height: size, data };
}

const digit = { height: 28, width: 28, least: 0, most: 255, ground: 0, drawing: 'centred' } as const;

const at = (image: Float32Array | undefined, x: number, y: number) => image?.[28 * y + x] ?? -1;

describe('drawnImage', () => {
  it('is nothing while nothing is drawn', () => {
    expect(drawnImage(drawing(0, 0, 0, 0), digit)).toBeUndefined();
  });

  it('scales the drawing into a box of 20 pixels in the middle of 28, wherever and however large it was', () => {
    for (const [left, top, size] of [
      [10, 10, 40],
      [100, 150, 120],
      [0, 0, 280],
    ] as const) {
      const image = drawnImage(drawing(left, top, size, size), digit);
      expect(at(image, 14, 14)).toBe(255);
      expect(at(image, 5, 14)).toBeGreaterThan(200);
      expect(at(image, 2, 14)).toBe(0);
      expect(at(image, 25, 14)).toBe(0);
    }
  });

  it('keeps the proportions of a narrow stroke', () => {
    const image = drawnImage(drawing(130, 40, 20, 200), digit);
    expect(at(image, 14, 6)).toBeGreaterThan(200);
    expect(at(image, 8, 14)).toBe(0);
  });

  it('is left where and how large it was drawn, where no digits are expected, dark on what is light', () => {
    const size = { height: 4, width: 8, least: 0, most: 16, ground: 16, drawing: 'as drawn' } as const;
    const wide = { width: 280, height: 140, data: drawing(0, 0, 70, 140).data.slice(0, 4 * 280 * 140) };
    const image = drawnImage(wide, size);
    const row = [0, 0, 16, 16, 16, 16, 16, 16];
    expect([...(image ?? [])]).toEqual([row, row, row, row].flat());
  });
});
