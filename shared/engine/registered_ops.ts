// The ops that a graph may use, a line for each file.

export { gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './ops/activations.ts';
export { add } from './ops/add.ts';
export { randomCrop, randomFlip, randomNoise } from './ops/augmentation.ts';
export { batchNorm } from './ops/batch_norm.ts';
export { bias } from './ops/bias.ts';
export { accuracy, oneHot, softmax } from './ops/classification.ts';
export { conv2d } from './ops/conv2d.ts';
export { softmaxCrossEntropy, sumOfSquaredErrors } from './ops/losses.ts';
export { matmul } from './ops/matmul.ts';
export { layerNorm, rmsNorm } from './ops/normalization.ts';
export { parameter } from './ops/parameter.ts';
export { averagePool, globalAveragePool, maxPool } from './ops/pooling.ts';
export { reshape } from './ops/reshape.ts';
export { scale } from './ops/scale.ts';
export { state } from './ops/state.ts';
