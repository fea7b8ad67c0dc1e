// Windows as ONNX has them: zeros before and behind each side, stated one by one.

import { bothStrides, type Padding, padded, type Strides } from '../../../engine/ops/window.ts';

export interface WindowGeometry {
  readonly image: readonly [height: number, width: number];
  readonly window: readonly [height: number, width: number];
  readonly stride: Strides;
  readonly padding: Padding;
}

/** The attributes `kernel_shape`, `strides` and `pads`. */
export function windowAttributes({ image: [height, width], window: [tall, wide], stride, padding }: WindowGeometry) {
  const [down, across] = bothStrides(stride);
  const rows = padded(height, tall, down, padding);
  const columns = padded(width, wide, across, padding);
  const behind = (side: typeof rows, size: number) => side.padded - size - side.before;
  return {
    kernel_shape: [tall, wide],
    strides: [down, across],
    pads: [rows.before, columns.before, behind(rows, height), behind(columns, width)],
  };
}
