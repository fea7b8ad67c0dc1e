// How a kernel marks a pointer that may be absent.

/** A byte offset, or 0 where there is nothing: `Pointer | 0` in TypeScript. A plain `usize` is never absent. */
export type OptionalPointer = usize;
