// Windows as PyTorch has them: as many zeros before as behind, or else the image is padded first.

import { bothStrides, type Padding, padded, type Strides } from '../../engine/ops/window.ts';

export interface WindowGeometry {
  readonly image: readonly [height: number, width: number];
  readonly window: readonly [height: number, width: number];
  readonly stride: Strides;
  readonly padding: Padding;
}

/** Zeros to the left, right, above and below. */
export function zerosAround({ image: [height, width], window: [tall, wide], stride, padding }: WindowGeometry) {
  const [down, across] = bothStrides(stride);
  const rows = padded(height, tall, down, padding);
  const columns = padded(width, wide, across, padding);
  const behind = (side: typeof rows, size: number) => side.padded - size - side.before;
  return [columns.before, behind(columns, width), rows.before, behind(rows, height)] as const;
}
