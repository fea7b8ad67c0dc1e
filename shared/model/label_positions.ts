// Labels of a sample: a single class, or one for each position of a text or an image.

import { elementsOf } from '../engine/shape.ts';
import type { ModelField } from './model_field.ts';

/** Whether each sample has several class labels. */
export function hasPositions({ classes, shape }: ModelField): boolean {
  return classes !== undefined && elementsOf(shape) > 1;
}

/** Attributes of losses and metrics over the labels: a sample counts with the mean over its positions. */
export function countingAttributes(field: ModelField): Readonly<Record<string, unknown>> {
  return {
    ...(hasPositions(field) && { average: true }),
    ...(field.ignored !== undefined && { ignored: field.ignored }),
  };
}
