// Contestant: TensorFlow.js on its WebAssembly backend (which cannot train convolutions). Arguments: W1|W2

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, classes, workloads } from '../../../dist/test/bench/workloads.js';
import { createNormal, oneHot } from './random.mjs';

const require = createRequire(import.meta.url);
setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
await tf.setBackend('wasm');
await tf.ready();

const workload = workloads[process.argv[2]];
const { batchSize, learningRate, units } = workload;
const normal = createNormal(1);
const batches = batchesOf(workload).map(({ features, labels }) => ({
  features: tf.tensor2d(features, [batchSize, 784]),
  labels: tf.tensor2d(oneHot(labels, classes), [batchSize, classes]),
}));
const layers = units.slice(1).map((count, layer) => {
  const inner = units[layer];
  const weight = tf.tensor2d(normal(inner * count, Math.sqrt(2 / inner)), [inner, count]);
  return { weight: tf.variable(weight), bias: tf.variable(tf.zeros([count])) };
});
const variables = layers.flatMap(({ weight, bias }) => [weight, bias]);
const optimizer = tf.train.sgd(learningRate);

const outputsOf = (features) =>
  layers.reduce((hidden, { weight, bias }, layer) => {
    const sum = tf.add(tf.matMul(hidden, weight), bias);
    return layer < layers.length - 1 ? tf.relu(sum) : sum;
  }, features);

await serveRounds((index) => {
  const { features, labels } = batches[index % batches.length];
  const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, outputsOf(features)), true, variables);
  const [value] = loss.dataSync();
  loss.dispose();
  return value;
});
