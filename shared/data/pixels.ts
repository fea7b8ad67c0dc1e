// Images as samples: pixels of any source brought to one size and to a number of channels, in whole numbers and in
// arithmetic that rounds alike everywhere, so that a data set has the same bytes on every machine.

/** Red, green, blue and opacity, row by row. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Grey, colour, or colour with opacity. */
export type Channels = 1 | 3 | 4;

/**
 * Pixels [height, width, channels]. With fewer than 4 channels what is transparent lies over white; grey is the luma of
 * ITU-R BT.601.
 */
export function toChannels({ data }: Pick<RgbaImage, 'data'>, channels: Channels): Uint8Array {
  if (channels === 4) return data;
  const pixels = data.length / 4;
  const result = new Uint8Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const opacity = data[4 * pixel + 3] ?? 255;
    const overWhite = (channel: number) =>
      Math.round(((data[4 * pixel + channel] ?? 0) * opacity + 255 * (255 - opacity)) / 255);
    if (channels === 1) {
      result[pixel] = Math.round((299 * overWhite(0) + 587 * overWhite(1) + 114 * overWhite(2)) / 1000);
    } else {
      for (let channel = 0; channel < 3; channel++) result[3 * pixel + channel] = overWhite(channel);
    }
  }
  return result;
}

/** The image stretched to a size: each pixel is the mean of what it covers, weighted by how much of it. */
export function resize(image: RgbaImage, height: number, width: number): RgbaImage {
  if (image.height === height && image.width === width) return image;
  const columns = coverages(image.width, width);
  const rows = coverages(image.height, height);
  const data = new Uint8Array(height * width * 4);
  rows.forEach((coveredRows, row) => {
    columns.forEach((coveredColumns, column) => {
      for (let channel = 0; channel < 4; channel++) {
        let [sum, weight] = [0, 0];
        for (const { at: y, share: rowShare } of coveredRows) {
          for (const { at: x, share: columnShare } of coveredColumns) {
            const share = rowShare * columnShare;
            sum += share * (image.data[4 * (y * image.width + x) + channel] ?? 0);
            weight += share;
          }
        }
        data[4 * (row * width + column) + channel] = Math.round(sum / weight);
      }
    });
  });
  return { width, height, data };
}

interface Coverage {
  readonly at: number;
  readonly share: number;
}

/** Which pixels of `from` each of `to` pixels covers along a side, in whole shares of 1 / to. */
function coverages(from: number, to: number): readonly (readonly Coverage[])[] {
  return Array.from({ length: to }, (_, target) => {
    // In units of which a source pixel has `to` and a target pixel has `from`.
    const [start, end] = [target * from, (target + 1) * from];
    const covered: Coverage[] = [];
    for (let at = Math.floor(start / to); at * to < end; at++) {
      covered.push({ at, share: Math.min(end, (at + 1) * to) - Math.max(start, at * to) });
    }
    return covered;
  });
}
