/** An axis of a sample as one of all samples: behind their dimension, or counted from the last one as before. */
export function behindSamples(axis: number): number {
  return axis < 0 ? axis : axis + 1;
}
