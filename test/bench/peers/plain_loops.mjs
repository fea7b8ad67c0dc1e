// Contestant: what one would write without a library, nested loops over Float32Array. Arguments: W1|W2

import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, workloads } from '../../../dist/test/bench/workloads.js';
import { createNormal } from './random.mjs';

const workload = workloads[process.argv[2]];
const { batchSize, learningRate, units } = workload;
const normal = createNormal(1);
const batches = batchesOf(workload);

const layers = units.slice(1).map((outer, index) => {
  const inner = units[index];
  return {
    inner,
    outer,
    weight: normal(inner * outer, Math.sqrt(2 / inner)),
    bias: new Float32Array(outer),
    weightGradient: new Float32Array(inner * outer),
    biasGradient: new Float32Array(outer),
    output: new Float32Array(batchSize * outer),
    outputGradient: new Float32Array(batchSize * outer),
  };
});
const last = layers.at(-1);

/** output = input weight + bias */
function forward({ inner, outer, weight, bias, output }, input) {
  for (let row = 0; row < batchSize; row++) {
    output.set(bias, row * outer);
    for (let k = 0; k < inner; k++) {
      const factor = input[row * inner + k];
      for (let column = 0; column < outer; column++)
        output[row * outer + column] += factor * weight[k * outer + column];
    }
  }
}

function backward({ inner, outer, weightGradient, biasGradient, outputGradient }, input) {
  weightGradient.fill(0);
  biasGradient.fill(0);
  for (let row = 0; row < batchSize; row++) {
    for (let k = 0; k < inner; k++) {
      const factor = input[row * inner + k];
      for (let column = 0; column < outer; column++) {
        weightGradient[k * outer + column] += factor * outputGradient[row * outer + column];
      }
    }
    for (let column = 0; column < outer; column++) biasGradient[column] += outputGradient[row * outer + column];
  }
}

/** inputGradient = outputGradient weightᵀ */
function backwardToInput({ inner, outer, weight, outputGradient }, inputGradient) {
  for (let row = 0; row < batchSize; row++) {
    for (let k = 0; k < inner; k++) {
      let sum = 0;
      for (let column = 0; column < outer; column++)
        sum += outputGradient[row * outer + column] * weight[k * outer + column];
      inputGradient[row * inner + k] = sum;
    }
  }
}

/** Softmax cross-entropy: the mean loss, and its gradient in place of the last layer's. */
function lossAndGradient({ outer, output, outputGradient }, labels) {
  let loss = 0;
  for (let row = 0; row < batchSize; row++) {
    const scores = output.subarray(row * outer, (row + 1) * outer);
    const most = Math.max(...scores);
    let sum = 0;
    for (const score of scores) sum += Math.exp(score - most);
    for (let column = 0; column < outer; column++) {
      const probability = Math.exp(scores[column] - most) / sum;
      const isLabel = column === labels[row];
      if (isLabel) loss -= Math.log(probability);
      outputGradient[row * outer + column] = (probability - (isLabel ? 1 : 0)) / batchSize;
    }
  }
  return loss / batchSize;
}

function descend(values, gradient) {
  for (let index = 0; index < values.length; index++) values[index] -= learningRate * gradient[index];
}

await serveRounds((index) => {
  const { features, labels } = batches[index % batches.length];
  const inputOf = (layer) => (layer === 0 ? features : layers[layer - 1].output);
  layers.forEach((layer, number) => {
    forward(layer, inputOf(number));
    const { output } = layer;
    if (layer !== last) for (let at = 0; at < output.length; at++) if (output[at] < 0) output[at] = 0;
  });
  const loss = lossAndGradient(last, labels);
  for (let number = layers.length - 1; number >= 0; number--) {
    const layer = layers[number];
    backward(layer, inputOf(number));
    if (number > 0) {
      const { output, outputGradient } = layers[number - 1];
      backwardToInput(layer, outputGradient);
      for (let at = 0; at < output.length; at++) if (output[at] <= 0) outputGradient[at] = 0;
    }
  }
  for (const { weight, bias, weightGradient, biasGradient } of layers) {
    descend(weight, weightGradient);
    descend(bias, biasGradient);
  }
  return loss;
});
