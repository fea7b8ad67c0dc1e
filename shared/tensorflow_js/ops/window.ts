// Windows as TensorFlow.js has them: `same` and `valid` as ours are; zeros by number are put around the image first.

import type { Padding } from '../../engine/ops/window.ts';
import type { Padding as Frame } from '../../export/training_only.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';

/** An image with zeros put on at its sides, and cut where these are fewer than none. */
export function framed(to: LayersWriter, image: LayerOutput, { top, left, bottom, right }: Frame): LayerOutput {
  const [height = 1, width = 1, channels = 1] = image.shape;
  const sides = (of: (zeros: number) => number) => [
    [of(top), of(bottom)],
    [of(left), of(right)],
  ];
  const isAny = (of: (zeros: number) => number) => [top, left, bottom, right].some((zeros) => of(zeros) > 0);
  const [added, removed] = [(zeros: number) => Math.max(0, zeros), (zeros: number) => Math.max(0, -zeros)];
  const wide = [height + added(top) + added(bottom), width + added(left) + added(right), channels];
  const padded = isAny(added) ? to.step('ZeroPadding2D', [image], wide, { config: { padding: sides(added) } }) : image;
  const shape = [height + top + bottom, width + left + right, channels];
  return isAny(removed) ? to.step('Cropping2D', [padded], shape, { config: { cropping: sides(removed) } }) : padded;
}

/** The image that a window moves over, and the padding that is left to its layer. */
export function padding(
  to: LayersWriter,
  image: LayerOutput,
  given: Padding,
): readonly [LayerOutput, 'same' | 'valid'] {
  if (typeof given === 'string') return [image, given];
  return [framed(to, image, { top: given, left: given, bottom: given, right: given }), 'valid'];
}
