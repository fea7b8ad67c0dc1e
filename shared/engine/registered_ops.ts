// The ops that a graph may use, a line for each file.

export { gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './ops/activations.ts';
export { add } from './ops/add.ts';
export { randomCrop, randomFlip } from './ops/augmentation.ts';
export { batchNorm } from './ops/batch_norm.ts';
export { bias } from './ops/bias.ts';
export { accuracy, oneHot, softmax } from './ops/classification.ts';
export { conv2d } from './ops/conv2d.ts';
export { conv2dTranspose } from './ops/conv2d_transpose.ts';
export { depthwiseConv2d } from './ops/depthwise_conv2d.ts';
export { groupNorm } from './ops/group_norm.ts';
export { gru } from './ops/gru.ts';
export { softmaxCrossEntropy, sumOfSquaredErrors } from './ops/losses.ts';
export { lstm } from './ops/lstm.ts';
export { matmul } from './ops/matmul.ts';
export { layerNorm, rmsNorm } from './ops/normalization.ts';
export { parameter } from './ops/parameter.ts';
export { averagePool, globalAveragePool, maxPool } from './ops/pooling.ts';
export { randomNoise } from './ops/random_noise.ts';
export { reshape } from './ops/reshape.ts';
export { scale } from './ops/scale.ts';
export { standardize } from './ops/standardize.ts';
export { state } from './ops/state.ts';
export { upsample } from './ops/upsample.ts';
