import { type Padding, padded } from '../../../engine/ops/window.ts';
import type { OnnxNode } from '../../onnx_model.ts';
import { attributeOf, refusal } from '../onnx_reader.ts';

export interface ImportedWindow {
  readonly stride: number | readonly [rows: number, columns: number];
  readonly padding: Padding;
}

/**
 * Strides and padding of a window over images.
 * @throws {InputError} if zeros are neither as many on each side nor those of `same`, or the window is dilated.
 */
export function windowOf(
  node: OnnxNode,
  [height = 1, width = 1]: readonly number[],
  [tall, wide]: readonly [number, number],
): ImportedWindow {
  const [down = 1, across = 1] = attributeOf(node, 'strides', 'ints', [1, 1]);
  if (attributeOf(node, 'dilations', 'ints', [1, 1]).some((dilation) => dilation !== 1)) {
    throw refusal(node, 'dilated windows are not supported');
  }
  if (attributeOf(node, 'ceil_mode', 'int', 0) !== 0) throw refusal(node, 'ceil_mode is not supported');
  const stride = down === across ? down : ([down, across] as const);
  const automatic = attributeOf(node, 'auto_pad', 'text', 'NOTSET');
  if (automatic === 'SAME_UPPER') return { stride, padding: 'same' };
  if (automatic === 'VALID') return { stride, padding: 'valid' };
  if (automatic !== 'NOTSET') throw refusal(node, `auto_pad ${automatic} is not supported`);
  const [top = 0, left = 0, bottom = 0, right = 0] = attributeOf(node, 'pads', 'ints', [0, 0, 0, 0]);
  if ([left, bottom, right].every((zeros) => zeros === top)) return { stride, padding: top === 0 ? 'valid' : top };
  const rows = padded(height, tall, down, 'same');
  const columns = padded(width, wide, across, 'same');
  const isSame =
    rows.before === top &&
    columns.before === left &&
    rows.padded === height + top + bottom &&
    columns.padded === width + left + right;
  if (isSame) return { stride, padding: 'same' };
  throw refusal(
    node,
    `pads ${[top, left, bottom, right].join(', ')}: expected as many on each side, or those of "same"`,
  );
}
