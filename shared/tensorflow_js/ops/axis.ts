// Axes of samples, and what is cut out along one.

import { around, withLength } from '../../engine/ops/axis.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';

/** An axis of a sample as one of all samples: behind their dimension, or counted from the last one as before. */
export function behindSamples(axis: number): number {
  return axis < 0 ? axis : axis + 1;
}

export interface Stretch {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}

/** A stretch of a value along an axis: images are all that layers cut, so it is cut as one. */
export function cut(to: LayersWriter, x: LayerOutput, { axis, start, length }: Stretch): LayerOutput {
  const { outer, length: size, inner } = around(axis, x.shape);
  const image = to.reshaped(x, [outer, size, inner]);
  const cropping = [
    [0, 0],
    [start, size - start - length],
  ];
  const kept = to.step('Cropping2D', [image], [outer, length, inner], { config: { cropping } });
  return to.reshaped(kept, withLength(axis, x.shape, length));
}
