// The ops a graph may use, by name.

import { InputError } from '../errors.ts';
import { relu, sigmoid, tanh } from './ops/activations.ts';
import { add } from './ops/add.ts';
import { bias } from './ops/bias.ts';
import { accuracy, oneHot, softmax } from './ops/classification.ts';
import { conv2d } from './ops/conv2d.ts';
import { softmaxCrossEntropy, sumOfSquaredErrors } from './ops/losses.ts';
import { matmul } from './ops/matmul.ts';
import type { Op } from './ops/op.ts';
import { parameter } from './ops/parameter.ts';
import { averagePool, maxPool } from './ops/pooling.ts';
import { reshape } from './ops/reshape.ts';
import { scale } from './ops/scale.ts';

const ops: ReadonlyMap<string, Op> = new Map(
  [
    parameter,
    scale,
    reshape,
    matmul,
    conv2d,
    bias,
    relu,
    sigmoid,
    tanh,
    maxPool,
    averagePool,
    add,
    softmax,
    oneHot,
    softmaxCrossEntropy,
    sumOfSquaredErrors,
    accuracy,
  ].map((op) => [op.name, op]),
);

/** @throws {InputError} naming the node and the ops there are. */
export function findOp(name: string, nodeName: string): Op {
  const op = ops.get(name);
  if (op === undefined)
    throw new InputError(`node ${nodeName}: there is no op ${name}; there are ${[...ops.keys()].join(', ')}`);
  return op;
}
