// How ops are written as layers of TensorFlow.js, a line for each file.

export { clip, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './ops/activations.ts';
export { add } from './ops/add.ts';
export { attention } from './ops/attention.ts';
export { randomCrop, randomFlip, randomNoise } from './ops/augmentation.ts';
export { batchNorm } from './ops/batch_norm.ts';
export { batchedMatmul } from './ops/batched_matmul.ts';
export { bias } from './ops/bias.ts';
export { concat } from './ops/concat.ts';
export { conv2d } from './ops/conv2d.ts';
export { conv2dTranspose } from './ops/conv2d_transpose.ts';
export { depthwiseConv2d } from './ops/depthwise_conv2d.ts';
export { dropout } from './ops/dropout.ts';
export { embedding } from './ops/embedding.ts';
export { groupNorm } from './ops/group_norm.ts';
export { lstm } from './ops/lstm.ts';
export { matmul } from './ops/matmul.ts';
export { multiply } from './ops/multiply.ts';
export { layerNorm, rmsNorm } from './ops/normalization.ts';
export { oneHot } from './ops/one_hot.ts';
export { averagePool, globalAveragePool, maxPool } from './ops/pooling.ts';
export { reshape } from './ops/reshape.ts';
export { scale } from './ops/scale.ts';
export { slice } from './ops/slice.ts';
export { softmax } from './ops/softmax.ts';
export { standardize } from './ops/standardize.ts';
export { transpose } from './ops/transpose.ts';
export { upsample } from './ops/upsample.ts';
