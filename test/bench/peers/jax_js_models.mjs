// The workloads in jax-js: of each, its parameters, a list, and its outputs for a mini-batch. An array is used up by whoever
// takes it; `ref` keeps it for one more use.

import { lax, nn, numpy } from '@jax-js/jax';
import { createNormal } from './random.mjs';

const normal = createNormal(1);

export const array = (values, shape) => numpy.array(values).reshape(shape);

const dense = (inner, outer) => [
  array(normal(inner * outer, Math.sqrt(2 / inner)), [inner, outer]),
  numpy.zeros([outer]),
];
const filters = (count, inner, size) => [
  array(normal(count * inner * size ** 2, Math.sqrt(2 / (size ** 2 * inner))), [count, inner, size, size]),
  numpy.zeros([count, 1, 1]),
];
const affine = (x, weight, bias) => numpy.matmul(x, weight).add(bias);

function mlp({ batchSize, units }) {
  const layers = units.length - 1;
  return {
    parameters: units.slice(1).flatMap((count, layer) => dense(units[layer], count)),
    features: (values) => array(values, [batchSize, units[0]]),
    outputs(parameters, features) {
      let hidden = features;
      for (let layer = 0; layer < layers; layer++) {
        const sum = affine(hidden, parameters[2 * layer], parameters[2 * layer + 1]);
        hidden = layer < layers - 1 ? nn.relu(sum) : sum;
      }
      return hidden;
    },
  };
}

function pool(image) {
  const [samples, channels, height, width] = image.shape;
  return numpy.max(image.reshape([samples, channels, height / 2, 2, width / 2, 2]), [3, 5]);
}

function convolution({ batchSize, layers, image: [height, width, channels] }, classes) {
  const convolutions = layers.filter(({ type }) => type === 'conv2d');
  const counts = [channels, ...convolutions.map((layer) => layer.filters)];
  const pools = layers.filter(({ type }) => type === 'maxPool').length;
  const flat = (counts.at(-1) * height * width) / 4 ** pools;
  return {
    parameters: [
      ...convolutions.flatMap(({ kernelSize }, index) => filters(counts[index + 1], counts[index], kernelSize)),
      ...dense(flat, classes),
    ],
    features: (values) => array(values, [batchSize, channels, height, width]),
    outputs(parameters, features) {
      let [hidden, next] = [features, 0];
      for (const { type } of layers) {
        if (type === 'conv2d') {
          const sum = lax.conv(hidden, parameters[next++], [1, 1], 'SAME').add(parameters[next++]);
          hidden = nn.relu(sum);
        } else if (type === 'maxPool') hidden = pool(hidden);
      }
      return affine(hidden.reshape([batchSize, flat]), parameters[next++], parameters[next++]);
    },
  };
}

/**
 * Causal attention of [samples, positions, heads, size]. jax-js has `dotProductAttention`, which does not run on Node 20: it
 * calls methods of iterators.
 */
function attention(q, k, v) {
  const [, positions, , size] = q.shape;
  const later = Float32Array.from({ length: positions ** 2 }, (_, at) =>
    at % positions > Math.floor(at / positions) ? -1e9 : 0,
  );
  const scores = numpy.matmul(numpy.transpose(q, [0, 2, 1, 3]), numpy.transpose(k, [0, 2, 3, 1]));
  const masked = scores.mul(size ** -0.5).add(array(later, [1, 1, positions, positions]));
  const mixed = numpy.matmul(nn.softmax(masked, -1), numpy.transpose(v, [0, 2, 1, 3]));
  return numpy.transpose(mixed, [0, 2, 1, 3]);
}

function gpt({ batchSize, layers, text: { positions, tokens } }) {
  const { width } = layers.find(({ type }) => type === 'embedding');
  const blocks = layers.filter(({ type }) => type === 'transformerBlock');
  const rows = batchSize * positions;
  const norm = () => [numpy.ones([width]), numpy.zeros([width])];
  const block = () => [
    ...norm(),
    ...dense(width, width),
    ...dense(width, width),
    ...dense(width, width),
    ...dense(width, width),
    ...norm(),
    ...dense(width, 4 * width),
    ...dense(4 * width, width),
  ];
  return {
    parameters: [
      array(normal(tokens * width, 0.02), [tokens, width]),
      array(normal(positions * width, 0.02), [1, positions, width]),
      ...blocks.flatMap(block),
      ...norm(),
      ...dense(width, tokens),
    ],
    // A row of the table is what a row with a 1 takes out of it: faster here than `take`, whose gradient scatters.
    features: (values) => nn.oneHot(numpy.array(Int32Array.from(values), { dtype: numpy.int32 }), tokens),
    outputs(parameters, features) {
      let next = 0;
      const take = () => parameters[next++];
      const normalized = (x) => nn.standardize(x, -1).mul(take()).add(take());
      const projected = (x) => affine(x, take(), take());
      const table = numpy.matmul(features, take());
      let x = table.reshape([batchSize, positions, width]).add(take()).reshape([rows, width]);
      for (const { heads } of blocks) {
        const split = (projection) => projection.reshape([batchSize, positions, heads, width / heads]);
        const before = normalized(x.ref);
        const [q, k, v] = [split(projected(before.ref)), split(projected(before.ref)), split(projected(before))];
        const mixed = attention(q, k, v);
        x = x.add(projected(mixed.reshape([rows, width])));
        const hidden = nn.gelu(projected(normalized(x.ref)));
        x = x.add(projected(hidden));
      }
      return projected(normalized(x));
    },
  };
}

/** @returns {{ parameters, features, outputs }} what `features` makes of a mini-batch's values, and the logits, row by row. */
export function modelOf(workload, classes) {
  if (workload.units !== undefined) return mlp(workload);
  return workload.text === undefined ? convolution(workload, classes) : gpt(workload);
}
