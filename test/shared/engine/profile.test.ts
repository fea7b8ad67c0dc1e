import { describe, expect, it } from 'vitest';
import { profilePlan } from '../../../shared/engine/profile.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { engines } from '../kernels/profiles.ts';
import { convolutionalLayers, imageGraph, imageSamples } from './small_models.ts';

const samples = imageSamples(8);

function createReplica(): Replica {
  const replica = Replica.create(engines.portable, imageGraph(convolutionalLayers), { microbatchSize: 8 });
  replica.initialize(1);
  return replica;
}

/** Each look at it is a millisecond after the one before. */
function ticking(): () => number {
  let time = 0;
  return () => {
    time += 1;
    return time;
  };
}

describe('profilePlan', () => {
  const profile = profilePlan(createReplica().microbatchPlan(samples), { now: ticking(), rounds: 3 });

  it('gives each call of a node the time that it took', () => {
    const node = profile.nodes.find(({ node }) => node === 'conv1.product');
    expect(node?.op).toBe('conv2d');
    const { forward, backward } = node ?? {};
    expect(forward?.kernels).toContain('conv2d');
    expect(forward?.milliseconds).toBeGreaterThanOrEqual(1);
    expect(backward?.kernels).toContain('conv2dFilterGradient');
  });

  it('counts the operations of products', () => {
    // 8 samples, 6x6 outputs, 3 filters of 3x3x1, a multiplication and an addition.
    const products = profile.nodes.find(({ node }) => node === 'conv1.product')?.forward.products;
    expect(products).toBe(2 * 8 * 36 * 3 * 9);
    const all = profile.nodes.flatMap(({ forward, backward }) => [forward.products, backward.products]);
    expect(profile.products).toBe(all.reduce((sum, one) => sum + one, 0));
  });

  it('names the tensors that share the memory, the largest first', () => {
    const { buffers, bytes, mostAlive } = profile.memory;
    expect(buffers.map(({ name }) => name)).toContain('relu1');
    expect(buffers.map((buffer) => buffer.bytes)).toEqual(
      buffers.map((buffer) => buffer.bytes).sort((one, other) => other - one),
    );
    expect(bytes).toBeGreaterThanOrEqual(mostAlive);
  });

  it('leaves what the replica computes as it is', () => {
    const [plain, profiled] = [createReplica(), createReplica()];
    profilePlan(profiled.microbatchPlan(samples), { now: ticking(), rounds: 2 });
    const position = { step: 3, firstSample: 0 };
    expect(profiled.computeShard(samples, position).lossSum).toBe(plain.computeShard(samples, position).lossSum);
  });
});
