// What a model sees of a drawing: `centred` as MNIST has its digits (Y. LeCun, C. Cortes, C. Burges, "The MNIST database"):
// scaled into a box of 20 of the 28 pixels, its centre of mass in the middle; or as it was drawn.

import type { PictureTaken } from '../../shared/model/takes_and_gives.ts';

/** The box's part of the shorter side. */
const boxPart = 20 / 28;

/** The ink of an RGBA picture, 0 to 1, by its transparency. */
interface Ink {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** A window onto a drawing: where it begins, and how large a pixel of the picture is there. */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

type Size = Pick<PictureTaken, 'height' | 'width' | 'least' | 'most' | 'ground' | 'drawing'>;

/** The values of the picture that a drawing is, row by row; undefined if nothing is drawn. */
export function drawnImage(ink: Ink, size: Size): Float32Array | undefined {
  const edges = edgesOf(ink);
  if (edges === undefined) return undefined;
  const { height, width, least, most, ground } = size;
  const { left, top, scale } =
    size.drawing === 'centred' ? centred(edges, size) : { left: 0, top: 0, scale: ink.width / width };
  const inked = least + most - ground;
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    const [x, y] = [left + (pixel % width) * scale, top + Math.floor(pixel / width) * scale];
    return ground + meanInk(ink, x, y, scale) * (inked - ground);
  });
}

function centred({ left, top, right, bottom, centreX, centreY }: Edges, { height, width }: Size): Window {
  const scale = Math.max(right - left + 1, bottom - top + 1) / (boxPart * Math.min(height, width));
  return { left: centreX - (width / 2) * scale, top: centreY - (height / 2) * scale, scale };
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly centreX: number;
  readonly centreY: number;
}

function edgesOf({ width, height, data }: Ink): Edges | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = data[4 * (y * width + x) + 3] ?? 0;
      if (here === 0) continue;
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
      mass += here;
      sumX += here * x;
      sumY += here * y;
    }
  }
  return mass === 0 ? undefined : { left, top, right, bottom, centreX: sumX / mass, centreY: sumY / mass };
}

/** The mean over a square of the drawing. */
function meanInk({ width, height, data }: Ink, fromX: number, fromY: number, size: number): number {
  let sum = 0;
  let pixels = 0;
  for (let y = Math.floor(fromY); y < fromY + size; y++) {
    for (let x = Math.floor(fromX); x < fromX + size; x++) {
      pixels += 1;
      if (x >= 0 && x < width && y >= 0 && y < height) sum += (data[4 * (y * width + x) + 3] ?? 0) / 255;
    }
  }
  return pixels === 0 ? 0 : sum / pixels;
}
