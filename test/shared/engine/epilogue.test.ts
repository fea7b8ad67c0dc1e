// What a kernel takes over of the nodes behind it, by the kernels that are called. The values: ops.test.ts.

import { describe, expect, it } from 'vitest';
import { type KernelReplacement, loadEngine } from '../../../shared/engine/engine.ts';
import { builtInOps, registryOf } from '../../../shared/engine/op_registry.ts';
import { relu, sigmoid } from '../../../shared/engine/ops/activations.ts';
import type { Op } from '../../../shared/engine/ops/op.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { GraphBuilder, type TensorName } from '../../../shared/model/builder.ts';
import { testValues } from '../kernels/profiles.ts';
import { bytesOf } from './small_models.ts';

const watched = ['matmul', 'addBias', 'relu', 'sigmoid'] as const;

/** ReLU under another name, unknown to emitter and kernels' callers, that only an epilogue computes. */
const rectifier: Op = {
  ...relu,
  name: 'rectifier',
  forward: () => {
    throw new Error('the rectifier was not taken over');
  },
};

/** An activation that no kernel has as a step. */
const squash: Op = { ...sigmoid, name: 'squash' };

const ops = registryOf([...builtInOps.values(), rectifier, squash]);

/** The kernels that a prediction calls, in order. */
async function callsOf(build: (builder: GraphBuilder, product: TensorName, offset: TensorName) => TensorName) {
  const calls: string[] = [];
  const replace: KernelReplacement = (_, kernels) =>
    Object.fromEntries(
      watched.map((name) => {
        const kernel = kernels[name] as (...given: readonly number[]) => void;
        const spy = (...given: readonly number[]) => {
          calls.push(name);
          kernel(...given);
        };
        return [name, spy];
      }),
    );
  const engine = await loadEngine('portable', { replace });
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [3] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [5] });
  const product = builder.matmul('product', x, builder.parameter('weight', [3, 5], { kind: 'he' }));
  const prediction = build(builder, product, builder.parameter('offset', [5], { kind: 'constant', value: 0.1 }));
  const loss = builder.sumOfSquaredErrors('loss', builder.bias('sum', prediction, 'offset' as TensorName), target);
  const replica = Replica.create(engine, builder.finish({ loss, prediction }), { microbatchSize: 2, ops });
  replica.predict({ count: 2, fields: [bytesOf(testValues(6, 1))] });
  return calls;
}

describe('a matmul takes over', () => {
  it('a bias and a ReLU', async () => {
    const calls = await callsOf((builder, product, offset) =>
      builder.activation('y', 'relu', builder.bias('shifted', product, offset)),
    );
    expect(calls).toEqual(['matmul']);
  });

  it('a ReLU without a bias', async () => {
    expect(await callsOf((builder, product) => builder.activation('y', 'relu', product))).toEqual(['matmul']);
  });

  it('an op of which it knows nothing but the step that it declares', async () => {
    const calls = await callsOf((builder, product, offset) =>
      builder.node('y', 'rectifier', [builder.bias('shifted', product, offset)]),
    );
    expect(calls).toEqual(['matmul']);
  });

  it('no step that comes too late for its kernel: a bias behind the activation', async () => {
    const calls = await callsOf((builder, product, offset) =>
      builder.bias('shifted', builder.activation('y', 'relu', product), offset),
    );
    expect(calls).toEqual(['matmul', 'addBias']);
  });

  it('each step once', async () => {
    const calls = await callsOf((builder, product) =>
      builder.activation('again', 'relu', builder.activation('y', 'relu', product)),
    );
    expect(calls).toEqual(['matmul', 'relu']);
  });

  it('no op that declares no step', async () => {
    const calls = await callsOf((builder, product, offset) =>
      builder.node('y', 'squash', [builder.bias('shifted', product, offset)]),
    );
    expect(calls).toEqual(['matmul', 'sigmoid']);
  });

  it('nothing whose input is needed besides', async () => {
    const calls = await callsOf((builder, product, offset) =>
      builder.add('y', builder.activation('rectified', 'relu', builder.bias('shifted', product, offset)), product),
    );
    // The bias, computed by itself, takes over the ReLU.
    expect(calls).toEqual(['matmul', 'addBias']);
  });
});
