// Shapes: the sizes of a tensor's dimensions, outermost first.

export type Shape = readonly number[];

/** Elements of a shape. */
export function elementsOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The size of the last dimension, along which rows lie; 1 where there is no dimension. */
export function lastOf(shape: Shape): number {
  return shape.at(-1) ?? 1;
}
