// What the binaries export: the kernels, by the names that shared/engine/kernels.ts declares.

export { matmul, matmulTransposed, pack, packedBytes, packTransposed, scratchBytes } from './matmul';
export { conv2d, conv2dFilterGradient, packRotated, pad } from './convolution';
export { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from './pooling';
export {
  add, addBias, allFinite, copy, fill, relu, reluGradient, scale, scaleBytes, sigmoidGradient, sumRows, tanhGradient,
} from './elementwise';
export { exp, log, sigmoid, tanh } from './transcendental';
export { accuracy, oneHot, softmax, softmaxCrossEntropy, sumOfSquaredErrors, widenLabels } from './losses';
export { sgd } from './optimizers';
export { fillNormal, fillUniform } from './random';

/** The first byte of memory behind the binary's own data. */
export const heapBase: usize = __heap_base;
