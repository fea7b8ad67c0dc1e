// Contestant: jax-js on its WebAssembly backend, the whole step compiled. Arguments: W1|W2|W3|W4|W5

import { blockUntilReady, defaultDevice, init, jit, nn, numpy, valueAndGrad } from '@jax-js/jax';
import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, classes, workloads } from '../../../dist/test/bench/workloads.js';
import { array, modelOf } from './jax_js_models.mjs';
import { oneHot } from './random.mjs';

await init('wasm');
defaultDevice('wasm');

const workload = workloads[process.argv[2]];
const { learningRate } = workload;
const outcomes = workload.text?.tokens ?? classes;
const model = modelOf(workload, outcomes);
const batches = batchesOf(workload).map(({ features, labels }) => ({
  features: model.features(features),
  labels: array(oneHot(labels, outcomes), [labels.length, outcomes]),
}));

function meanLoss(parameters, features, labels) {
  const logarithms = nn.logSoftmax(model.outputs(parameters, features), -1);
  return numpy.mean(numpy.sum(logarithms.mul(labels), -1)).mul(-1);
}

const lossAndGradient = valueAndGrad(meanLoss);

const update = jit((parameters, features, labels) => {
  const kept = parameters.map((parameter) => parameter.ref);
  const [loss, gradient] = lossAndGradient(parameters, features, labels);
  return [loss, kept.map((parameter, index) => parameter.sub(gradient[index].mul(learningRate)))];
});

let { parameters } = model;

await serveRounds(async (index) => {
  const { features, labels } = batches[index % batches.length];
  const [loss, updated] = update(parameters, features.ref, labels.ref);
  parameters = updated;
  await blockUntilReady(updated);
  return loss.dataSync()[0];
});
