// Contestant: ConvNetJS, float64, sample after sample. Arguments: W1|W3

import convnetjs from 'convnetjs';
import { serveRounds } from '../../../dist/test/bench/rounds.js';
import { batchesOf, classes, workloads } from '../../../dist/test/bench/workloads.js';

const { Net, Trainer, Vol } = convnetjs;
const workload = workloads[process.argv[2]];
const { batchSize, learningRate, units } = workload;

const convolution = (filters) => [
  { type: 'conv', sx: 5, filters, stride: 1, pad: 2, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
];
const definitions =
  units === undefined
    ? [{ type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 }, ...convolution(8), ...convolution(16)]
    : [
        { type: 'input', out_sx: 1, out_sy: 1, out_depth: units[0] },
        ...units.slice(1, -1).map((count) => ({ type: 'fc', num_neurons: count, activation: 'relu' })),
      ];
const net = new Net();
net.makeLayers([...definitions, { type: 'softmax', num_classes: classes }]);
const trainer = new Trainer(net, { method: 'sgd', learning_rate: learningRate, momentum: 0, batch_size: batchSize });

const batches = batchesOf(workload).map(({ features, labels }) =>
  Array.from(labels, (label, index) => {
    const volume = units === undefined ? new Vol(28, 28, 1, 0) : new Vol(1, 1, 784, 0);
    volume.w.set(features.subarray(index * 784, (index + 1) * 784));
    return { volume, label };
  }),
);

await serveRounds((index) => {
  let loss = 0;
  for (const { volume, label } of batches[index % batches.length]) loss += trainer.train(volume, label).cost_loss;
  return loss / batchSize;
});
