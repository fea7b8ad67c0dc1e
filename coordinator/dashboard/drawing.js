// A drawing as MNIST has its digits (Y. LeCun, C. Cortes, C. Burges, "The MNIST database"): scaled into a box of 20 by 20
// pixels, its centre of mass in the middle of 28 by 28, ink 255 on ground 0.
const side = 28;
const box = 20;
export function drawnImage({ width, height, data }) {
  const ink = (x, y) => (data[4 * (y * width + x) + 3] ?? 0) / 255;
  const edges = edgesOf(width, height, ink);
  const image = new Uint8Array(side * side);
  if (edges === undefined) return image;
  const { left, top, right, bottom, centreX, centreY } = edges;
  const scale = Math.max(right - left + 1, bottom - top + 1) / box;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [fromX, fromY] = [centreX + (x - side / 2) * scale, centreY + (y - side / 2) * scale];
      image[y * side + x] = Math.round(255 * meanInk(ink, width, height, fromX, fromY, scale));
    }
  }
  return image;
}
function edgesOf(width, height, ink) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = ink(x, y);
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
function meanInk(ink, width, height, fromX, fromY, size) {
  let sum = 0;
  let pixels = 0;
  for (let y = Math.floor(fromY); y < fromY + size; y++) {
    for (let x = Math.floor(fromX); x < fromX + size; x++) {
      pixels += 1;
      if (x >= 0 && x < width && y >= 0 && y < height) sum += ink(x, y);
    }
  }
  return pixels === 0 ? 0 : sum / pixels;
}
//# sourceMappingURL=drawing.js.map
