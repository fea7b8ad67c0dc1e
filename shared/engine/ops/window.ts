// Windows that slide over images: strides, padding and the sizes that follow, for convolutions and pooling alike.

import * as v from 'valibot';

export const strideSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024));
export const paddingSchema = v.union(
  [v.picklist(['same', 'valid']), v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1024))],
  'expected "same", "valid" or a whole number of pixels from 0 to 1024',
);

/** One stride for both directions, or [down, across]. */
export const stridesSchema = v.union(
  [strideSchema, v.tuple([strideSchema, strideSchema])],
  'expected one stride or two',
);

export type Strides = number | readonly [down: number, across: number];

export function bothStrides(stride: Strides): readonly [down: number, across: number] {
  return typeof stride === 'number' ? [stride, stride] : stride;
}

export type Padding = v.InferOutput<typeof paddingSchema>;

export interface PaddedSize {
  /** Positions of the window. */
  readonly output: number;
  /** Zeros in front. */
  readonly before: number;
  /** Size of the input with all its zeros. */
  readonly padded: number;
}

/**
 * `same`: output = ceil(size / stride), an odd zero goes behind. `valid`: the window stays inside. A number: so many zeros in
 * front and behind.
 */
export function padded(size: number, window: number, stride: number, padding: Padding): PaddedSize {
  if (padding === 'valid') return { output: Math.floor((size - window) / stride) + 1, before: 0, padded: size };
  if (typeof padding === 'number') {
    const all = size + 2 * padding;
    return { output: Math.floor((all - window) / stride) + 1, before: padding, padded: all };
  }
  const output = Math.ceil(size / stride);
  const zeros = Math.max(0, (output - 1) * stride + window - size);
  return { output, before: Math.floor(zeros / 2), padded: size + zeros };
}
