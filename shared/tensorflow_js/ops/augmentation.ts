// What augmentation is outside training.

import { inputOf } from '../../engine/ops/op.ts';
import { centred, nothing } from '../../export/training_only.ts';
import type { OpExporter } from '../op_exporter.ts';
import { framed } from './window.ts';

export const randomFlip: OpExporter = nothing('randomFlip');

export const randomNoise: OpExporter = nothing('randomNoise');

export const randomCrop: OpExporter = centred((to, node, padding) =>
  to.define(node, framed(to, to.value(inputOf(node)), padding)),
);
