// The engine's kernels, as the WebAssembly binaries export them: the border between TypeScript and `shared/kernels/`.
//
// Every argument called a pointer is a byte offset into the engine's memory, a multiple of 4 unless stated. Counts are
// in elements. A kernel may read, never write, up to 64 bytes past the end of a tensor. Tensors are dense, row-major, images are NHWC. `0` stands for an absent optional pointer.
// Invariant: the order of floating-point operations behind each output element depends on the sizes only.

/** A byte offset into the engine's memory. */
export type Pointer = number & { readonly kind: 'pointer' };

/** What a matmul or a convolution applies to each output element, after the bias, before it is written. */
export const epilogueCodes = { none: 0, relu: 1 } as const;

export type Epilogue = keyof typeof epilogueCodes;

/** Geometry shared by the convolution kernels; the input is already padded, so no kernel tests for borders. */
type ConvolutionGeometry = readonly [
  samples: number,
  paddedHeight: number,
  paddedWidth: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  outputHeight: number,
  outputWidth: number,
  filters: number,
  strideY: number,
  strideX: number,
];

/** Geometry shared by the pooling kernels; a window is clipped to the input, cells outside it take no part. */
type PoolingGeometry = readonly [
  samples: number,
  height: number,
  width: number,
  channels: number,
  windowHeight: number,
  windowWidth: number,
  strideY: number,
  strideX: number,
  padTop: number,
  padLeft: number,
  outputHeight: number,
  outputWidth: number,
];

/** A type, not an interface, so that the exports of an instance can be checked against it by name. */
export type Kernels = {
  // --- matmul: packed right operand; each output element is one chain over the inner dimension, from k = 0 upwards ---

  /** Bytes of a packed right operand of `inner` rows and `columns` columns. */
  readonly packedBytes: (inner: number, columns: number) => number;
  /** Bytes of the scratch space that `matmulTransposed` and `conv2dFilterGradient` (rows = output pixels) need. */
  readonly scratchBytes: (rows: number, columns: number, inner: number) => number;
  /** Packs B, given as [inner, columns]. */
  readonly pack: (packed: Pointer, b: Pointer, inner: number, columns: number) => void;
  /** Packs B, given transposed, as [columns, inner]. */
  readonly packTransposed: (packed: Pointer, bTransposed: Pointer, inner: number, columns: number) => void;
  /** C[rows, columns] = epilogue(A[rows, inner] B + bias); bias (or 0) holds `columns` values. */
  readonly matmul: (
    c: Pointer,
    a: Pointer,
    packedB: Pointer,
    rows: number,
    columns: number,
    inner: number,
    bias: Pointer | 0,
    epilogue: number,
  ) => void;
  /** C[rows, columns] = Aᵀ B with A given as [inner, rows]: a weight gradient, the chain running over the samples. */
  readonly matmulTransposed: (
    c: Pointer,
    aTransposed: Pointer,
    packedB: Pointer,
    rows: number,
    columns: number,
    inner: number,
    scratch: Pointer,
  ) => void;

  // --- convolution: implicit matmul over a padded input; filters are [kernelHeight, kernelWidth, channels, filters] ---

  /** output[samples, outputHeight, outputWidth, filters]; the filters packed by `pack` with inner = kh*kw*channels. */
  readonly conv2d: (
    output: Pointer,
    padded: Pointer,
    packedFilters: Pointer,
    bias: Pointer | 0,
    epilogue: number,
    ...geometry: ConvolutionGeometry
  ) => void;
  /** filterGradient = Σ over samples, rows, columns (in this order) of input patch ⊗ output gradient. */
  readonly conv2dFilterGradient: (
    filterGradient: Pointer,
    padded: Pointer,
    outputGradient: Pointer,
    scratch: Pointer,
    ...geometry: ConvolutionGeometry
  ) => void;
  /**
   * Packs filters for the input gradient: rotated by 180 degrees, channels and filters swapped, so that `conv2d` of the
   * padded output gradient with it (stride 1) is the input gradient. Size: packedBytes(kh*kw*filters, channels).
   */
  readonly packRotated: (
    packed: Pointer,
    filters: Pointer,
    kernelHeight: number,
    kernelWidth: number,
    channels: number,
    filterCount: number,
  ) => void;
  /**
   * Spreads images into a zeroed, larger frame: input (y, x) goes to (top + y*strideY, left + x*strideX); what falls
   * outside the frame is dropped, every other cell is written zero.
   */
  readonly pad: (
    padded: Pointer,
    input: Pointer,
    samples: number,
    height: number,
    width: number,
    channels: number,
    top: number,
    left: number,
    strideY: number,
    strideX: number,
    paddedHeight: number,
    paddedWidth: number,
  ) => void;

  // --- pooling ---

  /** Writes each window's maximum and, as i32, the flat input index it came from (the first of equals). */
  readonly maxPool: (output: Pointer, argmax: Pointer, input: Pointer, ...geometry: PoolingGeometry) => void;
  /** Writes the input gradient, zero where no window chose the cell; windows are added in output order. */
  readonly maxPoolGradient: (
    inputGradient: Pointer,
    outputGradient: Pointer,
    argmax: Pointer,
    inputElements: number,
    outputElements: number,
  ) => void;
  /** Mean over the cells of the window that lie in the input. */
  readonly averagePool: (output: Pointer, input: Pointer, ...geometry: PoolingGeometry) => void;
  readonly averagePoolGradient: (inputGradient: Pointer, outputGradient: Pointer, ...geometry: PoolingGeometry) => void;

  // --- elementwise and rows; in-place use (output = an input) is allowed ---

  /** output[i] = bytes[i] * scale + offset (u8 to f32; the bytes' pointer needs no alignment). */
  readonly scaleBytes: (output: Pointer, bytes: Pointer, elements: number, scale: number, offset: number) => void;
  /** output[i] = input[i] * scale + offset. */
  readonly scale: (output: Pointer, input: Pointer, elements: number, scale: number, offset: number) => void;
  readonly fill: (output: Pointer, elements: number, value: number) => void;
  readonly copy: (output: Pointer, input: Pointer, elements: number) => void;
  /** output = left + right: a node of the reduction tree, and the sum of gradients where a tensor is used twice. */
  readonly add: (output: Pointer, left: Pointer, right: Pointer, elements: number) => void;
  /** output[row, column] = epilogue(input[row, column] + bias[column]). */
  readonly addBias: (
    output: Pointer,
    input: Pointer,
    bias: Pointer,
    rows: number,
    columns: number,
    epilogue: number,
  ) => void;
  /** sums[column] = Σ over rows, from row 0 upwards. */
  readonly sumRows: (sums: Pointer, input: Pointer, rows: number, columns: number) => void;
  readonly relu: (output: Pointer, input: Pointer, elements: number) => void;
  /** inputGradient = output > 0 ? outputGradient : 0. */
  readonly reluGradient: (inputGradient: Pointer, outputGradient: Pointer, output: Pointer, elements: number) => void;
  readonly sigmoid: (output: Pointer, input: Pointer, elements: number) => void;
  readonly sigmoidGradient: (
    inputGradient: Pointer,
    outputGradient: Pointer,
    output: Pointer,
    elements: number,
  ) => void;
  readonly tanh: (output: Pointer, input: Pointer, elements: number) => void;
  readonly tanhGradient: (inputGradient: Pointer, outputGradient: Pointer, output: Pointer, elements: number) => void;
  /** Writes exp(input), natural log and so on elementwise: the portable transcendental functions, exported for tests. */
  readonly exp: (output: Pointer, input: Pointer, elements: number) => void;
  readonly log: (output: Pointer, input: Pointer, elements: number) => void;
  /** Softmax of each row. */
  readonly softmax: (output: Pointer, logits: Pointer, rows: number, columns: number) => void;

  // --- losses and metrics: sums over rows in row order, written as one f64 at `sum` (8-byte aligned) ---

  /** sum = Σ rows −log softmax(logits)[label]; gradient (or 0) = softmax(logits) − onehot(label). Labels are i32. */
  readonly softmaxCrossEntropy: (
    sum: Pointer,
    gradient: Pointer | 0,
    logits: Pointer,
    labels: Pointer,
    rows: number,
    columns: number,
  ) => void;
  /** sum = ½ Σ (output − target)²; gradient (or 0) = output − target. */
  readonly sumOfSquaredErrors: (
    sum: Pointer,
    gradient: Pointer | 0,
    output: Pointer,
    target: Pointer,
    elements: number,
  ) => void;
  /** sum = number of rows whose largest element (the first of equals) stands at the label. */
  readonly accuracy: (sum: Pointer, logits: Pointer, labels: Pointer, rows: number, columns: number) => void;
  /** output[row, :] = 1 at the label, 0 elsewhere. */
  readonly oneHot: (output: Pointer, labels: Pointer, rows: number, columns: number) => void;
  /** labels (i32) = bytes (u8); the bytes' pointer needs no alignment. */
  readonly widenLabels: (labels: Pointer, bytes: Pointer, elements: number) => void;

  // --- optimizers, on flat vectors ---

  /**
   * g = gradientSum*scale + weightDecay*p;  v = momentum*v + g;  p −= learningRate * (nesterov ? g + momentum*v : v).
   * With velocity = 0 (absent): p −= learningRate * g. As in PyTorch's SGD (dampening 0), but for a velocity below 2^-100
   * in magnitude, which becomes 0. Returns 1 if all updated parameters are finite, else 0.
   */
  readonly sgd: (
    parameters: Pointer,
    gradientSum: Pointer,
    velocity: Pointer | 0,
    elements: number,
    scale: number,
    learningRate: number,
    momentum: number,
    nesterov: number,
    weightDecay: number,
  ) => number;
  /** 1 if every element is finite, else 0. */
  readonly allFinite: (input: Pointer, elements: number) => number;

  // --- randomness: Philox4x32-10 keyed by (seed, purpose), counter (index, first + element) ---

  /** Uniform in [low, high). Seed is a non-negative integer below 2^53, given as two u32 halves. */
  readonly fillUniform: (
    output: Pointer,
    elements: number,
    seedLow: number,
    seedHigh: number,
    purpose: number,
    index: number,
    low: number,
    high: number,
  ) => void;
  /** Normal with mean 0 and the given standard deviation, by the inverse normal distribution function. */
  readonly fillNormal: (
    output: Pointer,
    elements: number,
    seedLow: number,
    seedHigh: number,
    purpose: number,
    index: number,
    standardDeviation: number,
  ) => void;
};
