// An axis of a tensor's samples, and the tensor seen as [outer, length, inner] with the axis in the middle.

import * as v from 'valibot';
import { elementsOf, type Shape, shapeText } from '../shape.ts';
import { mismatch } from './op.ts';

/** A dimension of a sample: from 0, or from the last one, −1, back. */
export const axisSchema = v.pipe(v.number(), v.integer(), v.minValue(-6), v.maxValue(5));

/** The dimension counted from 0. @throws {MismatchError} if there is none. */
export function axisOf(axis: number, shape: Shape, nodeName: string, op: string): number {
  const dimension = axis < 0 ? shape.length + axis : axis;
  if (dimension < 0 || dimension >= shape.length) {
    throw mismatch(nodeName, op, `an axis of ${shapeText(shape)}`, `axis ${axis}`);
  }
  return dimension;
}

/** Sizes of a checked axis, of what is before it and behind it. */
export function around(axis: number, shape: Shape) {
  const dimension = axis < 0 ? shape.length + axis : axis;
  return {
    outer: elementsOf(shape.slice(0, dimension)),
    length: shape[dimension] ?? 1,
    inner: elementsOf(shape.slice(dimension + 1)),
  };
}

/** A shape with another size along an axis. */
export function withLength(axis: number, shape: Shape, length: number): Shape {
  const dimension = axis < 0 ? shape.length + axis : axis;
  return shape.map((size, at) => (at === dimension ? length : size));
}
