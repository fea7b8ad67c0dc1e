// A field of the data set, as far as a model must know it.

import type { ElementType } from '../engine/graph.ts';
import type { Shape } from '../engine/shape.ts';

export interface ModelField {
  readonly name: string;
  readonly type: ElementType;
  /** Of each sample. */
  readonly shape: Shape;
  /** Number of classes, where the field holds labels or token ids. */
  readonly classes?: number;
  /** What is taken off features, and what they are divided by, before the first layer. */
  readonly standardization?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** The label of positions that count nothing. */
  readonly ignored?: number;
}
