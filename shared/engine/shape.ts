// Shapes: the sizes of a tensor's dimensions, outermost first.

export type Shape = readonly number[];

/** Elements of a shape. */
export function elementsOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
