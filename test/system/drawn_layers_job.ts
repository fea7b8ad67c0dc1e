// A job whose bits are hard to keep: batch norm, whose statistics depend on what is computed together, layers that draw at
// random, and an optimizer that counts steps.

export const steps = 40;

/** A mini-batch of four microbatches, the last one smaller. */
export const job = {
  name: 'drawn-layers',
  data: { source: 'mnist' },
  model: {
    layers: [
      { type: 'randomShift', pixels: 2 },
      { type: 'randomFlip', probability: 0.2 },
      { type: 'randomNoise', standardDeviation: 0.05 },
      { type: 'conv2d', filters: 5, kernelSize: 5, stride: 3, bias: false },
      { type: 'batchNorm' },
      { type: 'relu' },
      {
        type: 'residual',
        layers: [
          { type: 'conv2d', filters: 5, kernelSize: 3, padding: 'same', bias: false },
          { type: 'batchNorm', momentum: 0.3 },
          { type: 'relu' },
        ],
      },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 10 },
    ],
  },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'adam', learningRate: 0.003, weightDecay: 0.01, decoupled: true },
  batchSize: 70,
  microbatchSize: 20,
  steps,
  seed: 5,
};
