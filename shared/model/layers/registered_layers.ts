// The layers that a model may be made of, a line each.

export { averagePool } from './average_pool.ts';
export { batchNorm } from './batch_norm.ts';
export { conv2d } from './conv2d.ts';
export { conv2dTranspose } from './conv2d_transpose.ts';
export { dense } from './dense.ts';
export { depthwiseConv2d } from './depthwise_conv2d.ts';
export { flatten } from './flatten.ts';
export { gelu } from './gelu.ts';
export { globalAveragePool } from './global_average_pool.ts';
export { groupNorm } from './group_norm.ts';
export { layerNorm } from './layer_norm.ts';
export { leakyRelu } from './leaky_relu.ts';
export { maxPool } from './max_pool.ts';
export { randomCrop } from './random_crop.ts';
export { randomFlip } from './random_flip.ts';
export { randomNoise } from './random_noise.ts';
export { randomShift } from './random_shift.ts';
export { relu } from './relu.ts';
export { reshape } from './reshape.ts';
export { residual } from './residual.ts';
export { rmsNorm } from './rms_norm.ts';
export { sigmoid } from './sigmoid.ts';
export { silu } from './silu.ts';
export { softplus } from './softplus.ts';
export { tanh } from './tanh.ts';
export { upsample } from './upsample.ts';
