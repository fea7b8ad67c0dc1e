// Contestant: jax-js on its WebAssembly backend, the whole step compiled. Arguments: W1|W2|W3|W4

import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy, valueAndGrad } from '@jax-js/jax';
import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, classes, workloads } from '../../../dist/test/bench/workloads.js';
import { createNormal, oneHot } from './random.mjs';

await init('wasm');
defaultDevice('wasm');

const workload = workloads[process.argv[2]];
const { batchSize, learningRate, units, layers, image } = workload;
const [height, width, channels] = image;
const normal = createNormal(1);
const array = (values, shape) => numpy.array(values).reshape(shape);
const isMlp = units !== undefined;
const batches = batchesOf(workload).map(({ features, labels }) => ({
  features: array(features, isMlp ? [batchSize, 784] : [batchSize, channels, height, width]),
  labels: array(oneHot(labels, classes), [batchSize, classes]),
}));

const dense = (inner, outer) => ({
  weight: array(normal(inner * outer, Math.sqrt(2 / inner)), [inner, outer]),
  bias: numpy.zeros([outer]),
});
const filters = (count, inner, size) => ({
  weight: array(normal(count * inner * size ** 2, Math.sqrt(2 / (size ** 2 * inner))), [count, inner, size, size]),
  bias: numpy.zeros([count, 1, 1]),
});

function mlpOutputs(parameters, features) {
  return parameters.reduce((hidden, { weight, bias }, layer) => {
    const sum = numpy.matmul(hidden, weight).add(bias);
    return layer < parameters.length - 1 ? nn.relu(sum) : sum;
  }, features);
}

function pool(image) {
  const [samples, channels, height, width] = image.shape;
  return numpy.max(image.reshape([samples, channels, height / 2, 2, width / 2, 2]), [3, 5]);
}

function convolutionOutputs(parameters, features) {
  let [hidden, next] = [features, 0];
  for (const { type } of layers) {
    if (type === 'conv2d') {
      const { weight, bias } = parameters[next++];
      hidden = nn.relu(lax.conv(hidden, weight, [1, 1], 'SAME').add(bias));
    } else if (type === 'maxPool') hidden = pool(hidden);
  }
  const { weight, bias } = parameters[next];
  return numpy.matmul(hidden.reshape([batchSize, -1]), weight).add(bias);
}

const outputs = isMlp ? mlpOutputs : convolutionOutputs;

function meanLoss(parameters, features, labels) {
  const logarithms = nn.logSoftmax(outputs(parameters, features), -1);
  return numpy.mean(numpy.sum(logarithms.mul(labels), -1)).mul(-1);
}

const lossAndGradient = valueAndGrad(meanLoss);

const update = jit((parameters, features, labels) => {
  const kept = parameters.map(({ weight, bias }) => ({ weight: weight.ref, bias: bias.ref }));
  const [loss, gradient] = lossAndGradient(parameters, features, labels);
  const updated = kept.map(({ weight, bias }, layer) => ({
    weight: weight.sub(gradient[layer].weight.mul(learningRate)),
    bias: bias.sub(gradient[layer].bias.mul(learningRate)),
  }));
  return [loss, updated];
});

function convolutionParameters() {
  const convolutions = layers.filter(({ type }) => type === 'conv2d');
  const counts = [channels, ...convolutions.map(({ filters }) => filters)];
  const pools = layers.filter(({ type }) => type === 'maxPool').length;
  const flat = (counts.at(-1) * height * width) / 4 ** pools;
  return [
    ...convolutions.map(({ kernelSize }, index) => filters(counts[index + 1], counts[index], kernelSize)),
    dense(flat, classes),
  ];
}

let parameters = isMlp ? units.slice(1).map((count, layer) => dense(units[layer], count)) : convolutionParameters();

await serveRounds(async (index) => {
  const { features, labels } = batches[index % batches.length];
  const [loss, updated] = update(parameters, features.ref, labels.ref);
  parameters = updated;
  await blockUntilReady(updated);
  return loss.dataSync()[0];
});
