// The operators of ONNX that can be imported, a line for each file.

export { clip, hardSigmoid, hardSwish, leakyRelu, relu, sigmoid, softplus, tanh } from './ops/activations.ts';
export { add, div, mul, sub } from './ops/arithmetic.ts';
export { conv } from './ops/conv.ts';
export { batchNormalization, layerNormalization } from './ops/normalization.ts';
export { cast, constant, dropout, identity } from './ops/plain.ts';
export { averagePool, globalAveragePool, maxPool } from './ops/pooling.ts';
export { gemm, matMul } from './ops/products.ts';
export { reduceMean } from './ops/reduce_mean.ts';
export { concat, flatten, gather, reshape, shape, slice, squeeze, transpose, unsqueeze } from './ops/shapes.ts';
export { softmax } from './ops/softmax.ts';
