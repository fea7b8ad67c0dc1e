// Contestant: jax-js on its WebAssembly backend, the whole step compiled. Arguments: W1|W2|W3

import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy, valueAndGrad } from '@jax-js/jax';
import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, classes, workloads } from '../../../dist/test/bench/workloads.js';
import { createNormal, oneHot } from './random.mjs';

await init('wasm');
defaultDevice('wasm');

const workload = workloads[process.argv[2]];
const { batchSize, learningRate, units } = workload;
const normal = createNormal(1);
const array = (values, shape) => numpy.array(values).reshape(shape);
const isMlp = units !== undefined;
const batches = batchesOf(workload).map(({ features, labels }) => ({
  features: array(features, isMlp ? [batchSize, 784] : [batchSize, 1, 28, 28]),
  labels: array(oneHot(labels, classes), [batchSize, classes]),
}));

const dense = (inner, outer) => ({
  weight: array(normal(inner * outer, Math.sqrt(2 / inner)), [inner, outer]),
  bias: numpy.zeros([outer]),
});
const filters = (count, channels) => ({
  weight: array(normal(count * channels * 25, Math.sqrt(2 / (25 * channels))), [count, channels, 5, 5]),
  bias: numpy.zeros([count, 1, 1]),
});

function mlpOutputs(parameters, features) {
  return parameters.reduce((hidden, { weight, bias }, layer) => {
    const sum = numpy.matmul(hidden, weight).add(bias);
    return layer < parameters.length - 1 ? nn.relu(sum) : sum;
  }, features);
}

function convolve(image, { weight, bias }) {
  const hidden = nn.relu(lax.conv(image, weight, [1, 1], 'SAME').add(bias));
  const [samples, channels, height, width] = hidden.shape;
  return numpy.max(hidden.reshape([samples, channels, height / 2, 2, width / 2, 2]), [3, 5]);
}

function convolutionOutputs([first, second, last], features) {
  const flat = convolve(convolve(features, first), second).reshape([batchSize, 784]);
  return numpy.matmul(flat, last.weight).add(last.bias);
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

let parameters = isMlp
  ? units.slice(1).map((count, layer) => dense(units[layer], count))
  : [filters(8, 1), filters(16, 8), dense(784, classes)];

await serveRounds(async (index) => {
  const { features, labels } = batches[index % batches.length];
  const [loss, updated] = update(parameters, features.ref, labels.ref);
  parameters = updated;
  await blockUntilReady(updated);
  return loss.dataSync()[0];
});
