import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GradientStore } from '../../../coordinator/computation/gradient_store.ts';
import type { GradientSlot } from '../../../coordinator/training/trainer_messages.ts';
import { engines, testValues } from '../../shared/kernels/profiles.ts';

const elements = 37;
const engine = engines.portable;
const sums = { samples: 3, lossSum: 1.5, metricSums: { accuracy: 2, error: 0.25 } };

/** With room for two: all further gradients lie on the heap. */
const storeOf = () => new GradientStore({ engine, elements, metrics: ['accuracy', 'error'], concurrent: 2 });

function fill(store: GradientStore, seed: number): { slot: GradientSlot; values: Float32Array } {
  const slot = store.take();
  const values = testValues(elements, seed);
  store.bytes(slot).set(new Uint8Array(values.buffer));
  return { slot, values };
}

const valuesIn = (store: GradientStore, slot: GradientSlot) => engine.float32(store.pointer(slot), elements).slice();

describe('GradientStore', () => {
  it('adds gradients to the same bits in engine memory and, where that is used up, on the heap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), (count) => {
        const store = storeOf();
        const gradients = Array.from({ length: count }, (_, index) => fill(store, index));
        const [first, ...others] = gradients.reverse();
        if (first === undefined) return;
        const expected = first.values.slice();
        for (const { slot, values } of others) {
          store.add(first.slot, slot);
          values.forEach((value, at) => {
            expected[at] = Math.fround((expected[at] ?? 0) + value);
          });
        }
        expect(valuesIn(store, first.slot)).toEqual(expected);
        store.release(first.slot);
      }),
      { numRuns: 20 },
    );
  });

  it('finds a gradient or a sum that is not finite', () => {
    const store = storeOf();
    const { slot } = fill(store, 1);
    expect(store.inspect(slot, sums).isFinite).toBe(true);
    expect(store.inspect(slot, { ...sums, lossSum: Number.POSITIVE_INFINITY }).isFinite).toBe(false);
    expect(store.inspect(slot, { ...sums, metricSums: { accuracy: 2, error: Number.NaN } }).isFinite).toBe(false);
    expect(store.inspect(slot, { ...sums, metricSums: { accuracy: 2 } }).isFinite).toBe(false);
    new DataView(store.bytes(slot).buffer, store.bytes(slot).byteOffset).setFloat32(4 * 36, Number.NaN, true);
    expect(store.inspect(slot, sums).isFinite).toBe(false);
  });

  it('gives equal answers one digest, in engine memory and on the heap, in whatever order their metrics came', () => {
    const store = storeOf();
    const expected = store.inspect(fill(store, 1).slot, sums);
    const reordered = { ...sums, metricSums: { error: 0.25, accuracy: 2 } };
    for (let count = 2; count <= 4; count++) expect(store.inspect(fill(store, 1).slot, reordered)).toEqual(expected);
    expect(store.inspect(fill(store, 2).slot, sums).digest).not.toBe(expected.digest);
  });

  it('digests an evaluation, which has sums alone', () => {
    const store = storeOf();
    const { digest, ...others } = store.inspect(undefined, sums);
    expect(others).toEqual({ isFinite: true, norm: 0 });
    expect(store.inspect(undefined, { ...sums })).toEqual({ digest, ...others });
    expect(store.inspect(undefined, { ...sums, lossSum: 1.25 }).digest).not.toBe(digest);
    expect(store.inspect(undefined, { ...sums, metricSums: { accuracy: 2.5, error: 0.25 } }).digest).not.toBe(digest);
  });

  it('has a random secret for its digests, and takes over that of another', () => {
    const [one, other] = [storeOf(), storeOf()];
    const { digest } = one.inspect(fill(one, 1).slot, sums);
    const { slot } = fill(other, 1);
    expect(other.inspect(slot, sums).digest).not.toBe(digest);
    other.digestKey = one.digestKey;
    expect(other.inspect(slot, sums).digest).toBe(digest);
  });

  it('refuses a slot that was released', () => {
    const store = storeOf();
    const { slot } = fill(store, 1);
    store.release(slot);
    expect(() => store.bytes(slot)).toThrow(/not in use/);
  });
});
