// What augmentation is outside training.

import { inputOf } from '../../engine/ops/op.ts';
import { centred, nothing } from '../../export/training_only.ts';
import type { OpExporter } from '../op_exporter.ts';

export const randomFlip: OpExporter = nothing('randomFlip');

export const randomNoise: OpExporter = nothing('randomNoise');

export const randomCrop: OpExporter = centred((to, node, { top, left, bottom, right }) => {
  const zeros = [left, right, top, bottom];
  to.write(node, `F.pad(${to.value(inputOf(node), 'channels first')}, (${zeros.join(', ')}))`, 'channels first');
});
