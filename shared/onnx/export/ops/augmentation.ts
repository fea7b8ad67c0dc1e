// What augmentation is outside training.

import { inputOf } from '../../../engine/ops/op.ts';
import { centred, nothing } from '../../../export/training_only.ts';
import type { OpExporter } from '../op_exporter.ts';

export const randomFlip: OpExporter = nothing('randomFlip');

export const randomNoise: OpExporter = nothing('randomNoise');

export const randomCrop: OpExporter = centred((to, node, { top, left, bottom, right }) => {
  const pads = [0, top, left, 0, 0, bottom, right, 0];
  to.write(node, 'Pad', [to.value(inputOf(node)), to.integers(pads)]);
});
