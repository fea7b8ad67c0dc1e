// Windows as PyTorch has them: as many zeros before as behind, or else the image is padded first.

import { type Padding, padded } from '../../engine/ops/window.ts';

export interface WindowGeometry {
  readonly image: readonly [height: number, width: number];
  readonly window: readonly [height: number, width: number];
  readonly stride: number;
  readonly padding: Padding;
}

/** Zeros to the left, right, above and below. */
export function zerosAround({ image: [height, width], window: [tall, wide], stride, padding }: WindowGeometry) {
  const rows = padded(height, tall, stride, padding);
  const columns = padded(width, wide, stride, padding);
  const behind = (side: typeof rows, size: number) => side.padded - size - side.before;
  return [columns.before, behind(columns, width), rows.before, behind(rows, height)] as const;
}
