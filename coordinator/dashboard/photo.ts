// A picture from elsewhere as a model takes it: its middle, in the size, the channels and the values that it was trained on.

import { type RgbaImage, resize, toChannels } from '../../shared/data/pixels.ts';
import type { PictureTaken } from '../../shared/model/takes_and_gives.ts';

/** Pixels of a side that pictures are brought to first: no model looks at more of them than a person would. */
const longestSide = 512;

/** A drawing's ground is dark or light; of a picture that is drawn the other way round the negative is taken. */
export function valuesOfPhoto(photo: RgbaImage, takes: PictureTaken): Float32Array {
  const { height, width, channels, least, most } = takes;
  const bytes = toChannels(resize(photo, height, width), channels);
  const values = Float32Array.from(bytes, (byte) => least + ((most - least) * byte) / 255);
  return takes.drawing !== undefined && hasOtherGround(values, takes)
    ? values.map((value) => least + most - value)
    : values;
}

function hasOtherGround(values: Float32Array, { height, width, least, most, ground }: PictureTaken): boolean {
  let [sum, pixels] = [0, 0];
  values.forEach((value, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    if (row > 0 && column > 0 && row < height - 1 && column < width - 1) return;
    sum += value;
    pixels += 1;
  });
  return Math.abs(sum / pixels - ground) > (most - least) / 2;
}

/** The middle of what a browser can draw, in the proportions of what the model takes; undefined where it cannot be read. */
export function middleOf(
  source: CanvasImageSource,
  size: { readonly width: number; readonly height: number },
  takes: PictureTaken,
): RgbaImage | undefined {
  const part = Math.min(size.width / takes.width, size.height / takes.height);
  const [cutWidth, cutHeight] = [part * takes.width, part * takes.height];
  const scale = Math.min(1, longestSide / Math.max(cutWidth, cutHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(scale * cutWidth));
  canvas.height = Math.max(1, Math.round(scale * cutHeight));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null || part === 0) return undefined;
  const [left, top] = [(size.width - cutWidth) / 2, (size.height - cutHeight) / 2];
  context.drawImage(source, left, top, cutWidth, cutHeight, 0, 0, canvas.width, canvas.height);
  const { width, height, data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data: new Uint8Array(data.buffer) };
}
