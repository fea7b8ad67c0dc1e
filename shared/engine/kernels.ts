// What holds for every kernel: the border between TypeScript and `shared/kernels/`. The kernels themselves, their
// parameters and what each computes, stand in their AssemblyScript files; `generated/kernels.ts` is read from there.
//
// A pointer is a byte offset into the engine's memory, a multiple of 4 unless stated; 0 stands for one that is absent.
// Counts are in elements. A kernel may read, never write, up to 64 bytes past the end of a tensor. Tensors are dense,
// row-major, images are NHWC. Invariant: the order of floating-point operations behind each output element depends on the
// sizes only.

/** A byte offset into the engine's memory. */
export type Pointer = number & { readonly kind: 'pointer' };

/** Stands for the label to be ignored, where none is: labels are never negative but by a data set's own choice. */
export const noLabel = -(2 ** 31);

/** What a matmul or a convolution applies to each output element, after the bias, before it is written. */
export const epilogueCodes = { none: 0, relu: 1 } as const;
